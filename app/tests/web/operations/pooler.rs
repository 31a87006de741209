//! PgBouncer between the site and the database.

use std::time::{Duration, Instant};

use harness::servers::{PgBouncer, PostgresServer};
use harness::{Process, TIMEOUT, connect, eventually, run_app};
use sea_orm::{ConnectionTrait as _, Statement};

use crate::feature::{FEATURE, FIELDS, FORM, ROW};

const TRANSACTION_MODE: &str = "pool_mode = transaction";
const SESSION_MODE: &str = "pool_mode = session";

/// Small, so that the connections of the sites share those to the server.
const SMALL_POOL: &str = "default_pool_size = 3";

/// The setting of PgBouncer that the error message names.
const ADVICE: &str = "max_prepared_statements";

/// The setting that disables prepared statements, in versions that support them.
fn without_prepared_statements() -> &'static str {
    if PgBouncer::version() >= Some((1, 21)) {
        "max_prepared_statements = 0"
    } else {
        ""
    }
}

async fn serve(pooler: &PgBouncer) -> Process {
    let settings = [
        ("DATABASE_URL", &*pooler.url("postgres")),
        // A busy machine may take seconds to connect.
        ("DATABASE_POOL_TIMEOUT", "30s"),
    ];
    Process::serve(&settings).await
}

async fn wait_until_ready(process: &Process) {
    let visitor = process.visitor();
    eventually("the site is ready", TIMEOUT, async || {
        (visitor.get("/readyz").await.status.as_u16() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN and TEST_PGBOUNCER; run cargo xtask test"]
async fn a_pooler_that_mixes_up_statements_is_rejected_with_the_setting_to_change() {
    let server = PostgresServer::primary();
    let settings = [("DATABASE_URL", &*server.url("postgres"))];
    assert!(run_app(&["migrate"], &settings).await.status.success());
    let pooler = PgBouncer::start(
        &server,
        &[TRANSACTION_MODE, SMALL_POOL, without_prepared_statements()],
    );
    let (one, other) = (serve(&pooler).await, serve(&pooler).await);
    for process in [&one, &other] {
        let failure = process
            .wait_for_log("failed to prepare the database; retrying")
            .await;
        assert!(failure["cause"].to_string().contains(ADVICE), "{failure}");
        let visitor = process.visitor();
        let readiness = visitor.get("/readyz").await;
        assert_eq!(readiness.status.as_u16(), 503);
        assert!(!readiness.header("retry-after").is_empty());
        assert!(readiness.body.contains(ADVICE), "{}", readiness.body);
        assert_eq!(visitor.get("/").await.status.as_u16(), 503);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN and TEST_PGBOUNCER; run cargo xtask test"]
async fn a_pooler_in_session_mode_is_accepted() {
    let server = PostgresServer::primary();
    let pooler = PgBouncer::start(&server, &[SESSION_MODE, "default_pool_size = 20"]);
    let process = serve(&pooler).await;
    wait_until_ready(&process).await;
    let visitor = process.visitor();
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 303);
    assert_eq!(visitor.get(ROW).await.status.as_u16(), 200);
}

mod with_support {
    use super::*;

    const SUPPORT: &str = "max_prepared_statements = 200";

    /// Inserts a row with this name and returns the path of its page.
    async fn insert(process: &Process, name: &str) -> String {
        let visitor = process.visitor();
        let mut form = FIELDS;
        form[0].1 = name;
        let response = visitor.post(FORM, &form).await;
        assert_eq!(response.status.as_u16(), 303);
        response.location().to_owned()
    }

    /// Requests the list and these pages, many at once, and returns the responses that do not show what they should.
    async fn wrong_responses(process: &Process, pages: &[(String, &str)]) -> Vec<String> {
        let visitor = process.visitor();
        let request = async |number: usize| {
            let (path, name) = &pages[number % pages.len()];
            let is_list = number.is_multiple_of(5);
            let response = visitor.get(if is_list { "/" } else { path }).await;
            let shown = pages
                .iter()
                .filter(|(_, name)| response.body.contains(name));
            let is_right = if is_list {
                shown.count() == pages.len()
            } else {
                response.body.contains(name) && shown.count() == 1
            };
            (!is_right).then(|| format!("{path}: {}", response.status))
        };
        let responses = futures_util::future::join_all((0..96).map(request)).await;
        responses.into_iter().flatten().collect()
    }

    #[tokio::test]
    #[ignore = "needs TEST_POSTGRES_BIN and TEST_PGBOUNCER of version 1.21; run cargo xtask test"]
    async fn instances_that_share_connections_get_their_own_results() {
        let server = PostgresServer::primary();
        let pooler = PgBouncer::start(&server, &[TRANSACTION_MODE, SMALL_POOL, SUPPORT]);
        let (one, other) = (serve(&pooler).await, serve(&pooler).await);
        let mut pages = Vec::new();
        for (process, names) in [(&one, ["Aspen", "Birch"]), (&other, ["Cedar", "Douglas"])] {
            wait_until_ready(process).await;
            for name in names {
                pages.push((insert(process, name).await, name));
            }
        }
        let (first, second) = tokio::join!(
            wrong_responses(&one, &pages),
            wrong_responses(&other, &pages)
        );
        assert_eq!([first, second].concat(), Vec::<String>::new());
        let timeouts = "SELECT count(*) FROM pg_db_role_setting WHERE 'statement_timeout=5000ms' = ANY (setconfig)";
        let db = connect(&server.url("postgres")).await;
        let statement = Statement::from_string(db.get_database_backend(), timeouts);
        let row = db.query_one_raw(statement).await.expect("a query");
        let stored: i64 = row.expect("a row").try_get_by_index(0).expect("a number");
        assert_eq!(stored, 1);
    }

    #[tokio::test]
    #[ignore = "needs TEST_POSTGRES_BIN and TEST_PGBOUNCER of version 1.21; run cargo xtask test"]
    async fn a_pooler_that_stops_supporting_prepared_statements_is_rejected_until_it_supports_them_again()
     {
        let server = PostgresServer::primary();
        let pooler = PgBouncer::start(&server, &[TRANSACTION_MODE, SMALL_POOL, SUPPORT]);
        let process = serve(&pooler).await;
        wait_until_ready(&process).await;
        let visitor = process.visitor();
        FEATURE
            .insert_rows(&connect(&server.url("postgres")).await, "")
            .await;
        pooler.reload(&[TRANSACTION_MODE, SMALL_POOL, "max_prepared_statements = 0"]);
        let reloaded = Instant::now();
        let readiness = eventually("the site is not ready", TIMEOUT, async || {
            let response = visitor.get("/readyz").await;
            (response.status.as_u16() == 503).then_some(response)
        })
        .await;
        assert!(readiness.body.contains(ADVICE), "{}", readiness.body);
        assert!(reloaded.elapsed() < Duration::from_secs(10));
        assert_eq!(visitor.get("/").await.status.as_u16(), 503);
        pooler.reload(&[TRANSACTION_MODE, SMALL_POOL, SUPPORT]);
        wait_until_ready(&process).await;
        assert_eq!(visitor.get("/").await.status.as_u16(), 200);
    }
}
