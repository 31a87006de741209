//! Start-up without a database and with wrong credentials.

use std::time::{Duration, Instant};

use super::Server;
use crate::feature::{FIELDS, FORM};
use harness::{Backend, Process, TIMEOUT, TcpProxy, TestDatabase, eventually, run_app};
use sea_orm::ConnectionTrait as _;

/// Readiness is reported within 2 s; a busy machine adds to it.
const RESPONSE_LIMIT: Duration = Duration::from_secs(5);

/// Healthy again within 5 s of the database's return; a busy machine adds to it.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_site_listens_without_its_database_and_recovers() {
    let server = Server::create().await;
    let mut proxy = TcpProxy::closed(server.url());
    let settings = [
        ("DATABASE_URL", &*proxy.url),
        ("DATABASE_POOL_TIMEOUT", "500ms"),
    ];
    let process = Process::serve(&settings).await;
    let visitor = process.visitor();
    assert_alive_but_unready(&process).await;
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 503);
    process
        .wait_for_log("failed to prepare the database; retrying")
        .await;

    proxy.open();
    assert_recovers(&process).await;
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 303);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_request_that_comes_while_the_site_starts_waits_for_the_database() {
    let server = Server::create().await;
    let mut proxy = TcpProxy::closed(server.url());
    proxy.open();
    proxy.stall();
    let settings = [
        ("DATABASE_URL", &*proxy.url),
        ("DATABASE_POOL_TIMEOUT", "30s"),
    ];
    let process = Process::serve(&settings).await;
    let visitor = process.visitor();
    let start = async {
        let readiness = visitor.get("/readyz").await;
        assert_eq!(readiness.status.as_u16(), 503);
        assert!(readiness.body.contains("is starting"), "{}", readiness.body);
        proxy.resume();
    };
    let (page, ()) = tokio::join!(visitor.get("/"), start);
    assert_eq!(page.status.as_u16(), 200);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_site_recovers_when_its_database_returns() {
    let server = Server::create().await;
    let mut proxy = TcpProxy::closed(server.url());
    proxy.open();
    let settings = [
        ("DATABASE_URL", &*proxy.url),
        ("DATABASE_POOL_TIMEOUT", "500ms"),
    ];
    let process = Process::serve_ready(&settings).await;
    assert_recovers(&process).await;
    for _ in 0..2 {
        proxy.close().await;
        assert_unready(&process, "/").await;
        assert_alive_but_unready(&process).await;
        proxy.open();
        assert_recovers(&process).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_site_recovers_when_its_database_was_unresponsive() {
    let server = Server::create().await;
    let mut proxy = TcpProxy::closed(server.url());
    proxy.open();
    let settings = [
        ("DATABASE_URL", &*proxy.url),
        ("DATABASE_POOL_TIMEOUT", "200ms"),
        ("DATABASE_TIMEOUT", "300ms"),
    ];
    let process = Process::serve_ready(&settings).await;
    assert_recovers(&process).await;
    proxy.stall();
    assert_alive_but_unready(&process).await;
    proxy.resume();
    assert_recovers(&process).await;
}

/// Alive; requests that need the database are rejected with 503 in time.
async fn assert_alive_but_unready(process: &Process) {
    let visitor = process.visitor();
    assert_eq!(visitor.get("/livez").await.status.as_u16(), 200);
    for path in ["/readyz", "/"] {
        assert_unready(process, path).await;
    }
}

async fn assert_unready(process: &Process, path: &str) {
    let started = Instant::now();
    let response = process.visitor().get(path).await;
    assert!(
        started.elapsed() < RESPONSE_LIMIT,
        "{path}: {:?}",
        started.elapsed()
    );
    assert_eq!(response.status.as_u16(), 503, "{path}");
    assert!(!response.header("retry-after").is_empty(), "{path}");
    assert!(
        response.body.contains(response.header("x-request-id")),
        "{path}"
    );
    let policy = response.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{path}");
}

async fn assert_recovers(process: &Process) {
    let visitor = process.visitor();
    eventually("ready again", RECOVERY_LIMIT, async || {
        let (ready, page) = tokio::join!(visitor.get("/readyz"), visitor.get("/"));
        let statuses = (ready.status.as_u16(), page.status.as_u16());
        (statuses == (200, 200)).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_wrong_password_is_logged_by_its_cause_without_the_password() {
    let server = Server::create().await;
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_password(Some("swordfish-0815"))
        .expect("a URL with a user");
    let process = Process::serve(&[("DATABASE_URL", url.as_str())]).await;
    let line = eventually("the cause", TIMEOUT, async || {
        let lines = process.log_lines();
        lines
            .into_iter()
            .find(|line| line.contains("password authentication failed"))
    })
    .await;
    assert!(line.contains("ERROR"), "{line}");
    let response = process.visitor().get("/readyz").await;
    assert_eq!(response.status.as_u16(), 503);
    assert!(!response.body.contains("password"), "{}", response.body);
    let log = process.log_lines().join("\n");
    assert!(!log.contains("swordfish-0815"), "{log}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn percent_signs_in_a_wrong_password_are_mentioned() {
    let server = Server::create().await;
    let url = url::Url::parse(server.url()).expect("a URL");
    let port = url.port().unwrap_or(5432).to_string();
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    for (password, is_mentioned) in [
        ("swordfish%21", true),
        ("50%off", true),
        ("swordfish", false),
    ] {
        let settings = [
            ("DBHOST", text(url.host_str())),
            ("DBPORT", port.clone()),
            ("DBNAME", url.path().trim_start_matches('/').to_owned()),
            ("DBUSER", url.username().to_owned()),
            ("DBPASS", password.to_owned()),
        ];
        let settings = settings
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let output = run_app(&["migrate"], &settings).await;
        assert!(!output.status.success(), "{password}");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains("password authentication failed"),
            "{message}"
        );
        assert_eq!(
            message.contains("DBPASS has percent signs"),
            is_mentioned,
            "{message}"
        );
        assert!(!message.contains(password), "{message}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_database_that_does_not_exist_is_named_in_the_log() {
    let server = Server::create().await;
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_path("/nowhere_0815");
    let process = Process::serve(&[("DATABASE_URL", url.as_str())]).await;
    eventually("the cause", TIMEOUT, async || {
        let lines = process.log_lines();
        lines
            .into_iter()
            .find(|line| line.contains("nowhere_0815") && line.contains("does not exist"))
    })
    .await;
    assert_eq!(process.visitor().get("/").await.status.as_u16(), 503);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn several_instances_start_on_one_empty_database() {
    let server = Server::create().await;
    let settings = [("DATABASE_URL", server.url())];
    let (first, second, third) = tokio::join!(
        Process::serve_ready(&settings),
        Process::serve_ready(&settings),
        Process::serve_ready(&settings),
    );
    for process in [first, second, third] {
        assert_eq!(process.visitor().get("/").await.status.as_u16(), 200);
        let log = process.log();
        assert!(log.iter().all(|line| line["level"] != "ERROR"), "{log:?}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_role_that_may_not_create_tables_serves_a_migrated_database() {
    let server = Server::create().await;
    let migrated = run_app(&["migrate"], &[("DATABASE_URL", server.url())]).await;
    assert!(migrated.status.success(), "{migrated:?}");
    let role = format!("writer_{:016x}", rand::random::<u64>());
    let grant = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret'; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    );
    server.db.execute_unprepared(&grant).await.expect("a role");
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_username(&role).expect("a URL with a user");
    url.set_password(Some("secret")).expect("a URL with a user");
    let process = Process::serve_ready(&[("DATABASE_URL", url.as_str())]).await;
    let visitor = process.visitor();
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 303);
    drop(process);
    let drop_role = format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
    server
        .db
        .execute_unprepared(&drop_role)
        .await
        .expect("dropped");
}

#[tokio::test]
async fn a_read_only_sqlite_file_is_read() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    let migrated = run_app(&["migrate"], &[("DATABASE_URL", database.url.as_str())]).await;
    assert!(migrated.status.success(), "{migrated:?}");
    let url = format!("{}?mode=ro", database.url);
    let process = Process::serve_ready(&[("DATABASE_URL", url.as_str())]).await;
    let visitor = process.visitor();
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 503);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_database_encoding_other_than_utf8_is_rejected_by_name() {
    let server = Server::create().await;
    let name = format!("test_{:016x}", rand::random::<u64>());
    let create = format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    );
    server.db.execute_unprepared(&create).await.expect(&create);
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_path(&name);
    let url = [("DATABASE_URL", url.as_str())];
    let rejected = run_app(&["migrate"], &url).await;
    assert!(!rejected.status.success());
    let message = String::from_utf8_lossy(&rejected.stderr);
    assert!(
        message.contains("has the encoding LATIN1; UTF8 is needed"),
        "{message}"
    );
    let process = Process::serve(&url).await;
    process
        .wait_for_log("the database is incompatible with this build")
        .await;
    drop(process);
    let drop_database = format!("DROP DATABASE {name} WITH (FORCE)");
    server
        .db
        .execute_unprepared(&drop_database)
        .await
        .expect("dropped");
}

#[tokio::test]
async fn with_no_migrate_the_site_waits_for_pending_migrations_and_readyz_says_so() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    let settings = [("DATABASE_URL", &*database.url)];
    let process = Process::serve_with(&["serve", "--no-migrate"], &settings).await;
    process
        .wait_for_log("failed to prepare the database; retrying")
        .await;
    let visitor = process.visitor();
    let waiting = visitor.get("/readyz").await;
    assert_eq!(waiting.status.as_u16(), 503);
    assert!(
        waiting.body.contains("Migrations are pending"),
        "{}",
        waiting.body
    );
    assert_eq!(visitor.get("/").await.status.as_u16(), 503);
    assert!(run_app(&["migrate"], &settings).await.status.success());
    process.wait_for_log("the database is ready").await;
    assert_eq!(visitor.get("/readyz").await.status.as_u16(), 200);
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
}
