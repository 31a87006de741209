//! A dump of the database, restored into another one.

use harness::servers::PostgresServer;
use harness::{Process, connect};

use crate::feature::{FEATURE, FIELDS, FORM, ROW};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn a_restored_dump_serves_the_same_pages_and_accepts_new_rows() {
    let server = PostgresServer::primary();
    let original = Process::serve_ready(&[("DATABASE_URL", &server.url("postgres"))]).await;
    let db = connect(&server.url("postgres")).await;
    FEATURE.insert_rows(&db, "").await;
    let writer = original.visitor();
    assert_eq!(writer.post(FORM, &FIELDS).await.status.as_u16(), 303);
    let pages = ["/", ROW];
    let visitor = original.visitor();
    let mut before = Vec::new();
    for page in pages {
        before.push(without_keys(&visitor.get(page).await.body));
    }

    let dump = server.path("site.dump");
    server.run("pg_dump", &["--format=custom", "--file", &dump, "postgres"]);
    server.run("createdb", &["restored"]);
    let options = ["--no-owner", "--exit-on-error", "--dbname=restored", &dump];
    server.run("pg_restore", &options);
    let restored = Process::serve_ready(&[("DATABASE_URL", &server.url("restored"))]).await;
    let visitor = restored.visitor();
    for (page, before) in pages.into_iter().zip(before) {
        assert_eq!(
            without_keys(&visitor.get(page).await.body),
            before,
            "{page}"
        );
    }
    let mut other = FIELDS;
    other[0].1 = "Written after the restore";
    assert_eq!(visitor.post(FORM, &other).await.status.as_u16(), 303);
    assert!(visitor.get("/").await.body.contains(other[0].1));
    let log = restored.log_lines().join("\n");
    assert!(!log.contains("Applying migration"), "{log}");
}

/// The page without its submission keys, which differ each time.
fn without_keys(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.contains("submission_key"));
    lines.collect::<Vec<_>>().join("\n")
}
