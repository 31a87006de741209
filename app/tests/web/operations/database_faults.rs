//! A database that closes connections, is locked, or has no connection left.

use std::time::{Duration, Instant};

use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
};

use url::Url;

use super::Server;
use crate::feature::{FIELDS, FORM, FORM_PAGE, TABLE};
use harness::{Backend, Process, Site, TIMEOUT, TcpProxy, connect, eventually};

/// Closes every other connection to the database.
const CUT_CONNECTIONS: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_request_after_all_connections_were_terminated_succeeds_on_a_new_one() {
    let server = Server::create().await;
    let settings = [("DATABASE_URL", server.url()), ("PAGE_CACHE_BYTES", "0")];
    let process = Process::serve_ready(&settings).await;
    let visitor = process.visitor();
    let get = || async { visitor.get("/").await.status.as_u16() };
    for _ in 0..5 {
        let statuses = tokio::join!(get(), get(), get(), get());
        assert_eq!(statuses, (200, 200, 200, 200));
        assert!(server.number(CUT_CONNECTIONS).await > 0);
        assert_eq!(get().await, 200);
        assert!(server.number(CUT_CONNECTIONS).await > 0);
        assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 303);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_connection_that_was_lost_silently_is_replaced_within_the_request() {
    let server = Server::create().await;
    let mut proxy = TcpProxy::closed(server.url());
    proxy.open();
    let settings = [("DATABASE_URL", &*proxy.url), ("PAGE_CACHE_BYTES", "0")];
    let process = Process::serve_ready(&settings).await;
    let visitor = process.visitor();
    let get = || async { visitor.get("/").await.status.as_u16() };
    let statuses = tokio::join!(get(), get(), get(), get());
    assert_eq!(statuses, (200, 200, 200, 200));
    proxy.blackhole_connections();
    let started = Instant::now();
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 303);
    assert!(started.elapsed() < Duration::from_millis(2500));
    // A gateway drops idle connections. A connection that was used within the last second is not checked.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let started = Instant::now();
    assert_eq!(get().await, 200);
    assert!(started.elapsed() < Duration::from_millis(2500));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn connections_that_are_lost_silently_during_their_queries_time_out() {
    let server = Server::create().await;
    let mut proxy = TcpProxy::closed(server.url());
    proxy.open();
    let settings = [
        ("DATABASE_URL", &*proxy.url),
        ("DATABASE_POOL_SIZE", "2"),
        ("DATABASE_POOL_TIMEOUT", "500ms"),
        ("DATABASE_TIMEOUT", "1s"),
    ];
    let process = Process::serve_ready(&settings).await;
    let visitor = process.visitor();
    let get = || async { visitor.get("/").await.status.as_u16() };
    let lock = server.lock(TABLE).await;
    let lose = async {
        eventually("both queries wait", TIMEOUT, async || {
            (server.waiting().await == 2).then_some(())
        })
        .await;
        proxy.blackhole_connections();
    };
    let ((), first, second) = tokio::join!(lose, get(), get());
    assert_eq!((first, second), (503, 503));
    lock.rollback().await.expect("unlocked");
    eventually("a new connection", Duration::from_secs(5), async || {
        (get().await == 200).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_locked_table_is_503_at_the_statement_timeout_and_other_pages_work() {
    let server = Server::create().await;
    let settings = [("DATABASE_URL", server.url()), ("DATABASE_TIMEOUT", "1s")];
    let process = Process::serve_ready(&settings).await;
    let visitor = process.visitor();
    let lock = server.lock(TABLE).await;
    let started = Instant::now();
    let (locked, other) = tokio::join!(visitor.get("/"), visitor.get(FORM_PAGE));
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(locked.status.as_u16(), 503);
    assert!(!locked.header("retry-after").is_empty());
    assert_eq!(other.status.as_u16(), 200);
    assert_eq!(visitor.get("/readyz").await.status.as_u16(), 200);
    lock.rollback().await.expect("unlocked");
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_request_without_a_free_connection_gets_503_after_the_pool_timeout() {
    let server = Server::create().await;
    let settings = [
        ("DATABASE_URL", server.url()),
        ("DATABASE_POOL_SIZE", "2"),
        ("DATABASE_POOL_TIMEOUT", "500ms"),
        ("DATABASE_TIMEOUT", "30s"),
    ];
    let process = Process::serve_ready(&settings).await;
    let lock = server.lock(TABLE).await;
    let holding: Vec<_> = (0..2)
        .map(|_| {
            let visitor = process.visitor();
            tokio::spawn(async move { visitor.get("/").await.status.as_u16() })
        })
        .collect();
    eventually("both connections are busy", TIMEOUT, async || {
        (server.waiting().await == 2).then_some(())
    })
    .await;

    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let visitor = process.visitor();
            tokio::spawn(async move {
                let started = Instant::now();
                (visitor.get("/").await, started.elapsed())
            })
        })
        .collect();
    for request in waiting {
        let (response, waited) = request.await.expect("a response");
        assert_eq!(response.status.as_u16(), 503);
        assert!(!response.header("retry-after").is_empty());
        assert!(waited >= Duration::from_millis(450), "{waited:?}");
        assert!(waited < Duration::from_secs(10), "{waited:?}");
    }
    lock.rollback().await.expect("unlocked");
    for request in holding {
        assert_eq!(request.await.expect("a response"), 200);
    }
    assert_eq!(process.visitor().get("/").await.status.as_u16(), 200);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_blocked_write_gets_503_while_reads_work() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let site = Site::start_with(backend, &["--database-timeout=1s"]).await;
        let visitor = site.visitor();
        let writer = hold_writes(&site).await;
        let (write, read) = tokio::join!(visitor.post(FORM, &FIELDS), visitor.get("/"));
        assert_eq!(write.status.as_u16(), 503, "{backend:?}");
        assert!(!write.header("retry-after").is_empty(), "{backend:?}");
        assert_eq!(read.status.as_u16(), 200, "{backend:?}");
        writer.rollback().await.expect("undone");
        assert_eq!(site.count(TABLE).await, 0, "{backend:?}");
        assert_eq!(
            visitor.post(FORM, &FIELDS).await.status.as_u16(),
            303,
            "{backend:?}"
        );
    }
}

/// A transaction of another program that blocks all writes.
async fn hold_writes(site: &Site) -> DatabaseTransaction {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let db = connect(&site.database.url).await;
    let transaction = db.begin_with_options(options).await.expect("a transaction");
    if site.backend == Backend::Postgres {
        let lock = format!("LOCK TABLE {TABLE} IN EXCLUSIVE MODE");
        transaction.execute_unprepared(&lock).await.expect("a lock");
    }
    transaction
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_read_only_database_is_still_readable() {
    let server = Server::create().await;
    let process = Process::serve_ready(&[("DATABASE_URL", server.url())]).await;
    let visitor = process.visitor();
    let refuse_writes = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
        current_database()); END $$";
    server
        .db
        .execute_unprepared(refuse_writes)
        .await
        .expect("read-only");
    server.number(CUT_CONNECTIONS).await;
    eventually("reading works", TIMEOUT, async || {
        (visitor.get("/").await.status.as_u16() == 200).then_some(())
    })
    .await;
    let rejected = visitor.post(FORM, &FIELDS).await;
    assert_eq!(rejected.status.as_u16(), 503);
    assert!(!rejected.header("retry-after").is_empty());
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn readyz_reports_that_the_server_has_no_connection_left() {
    let server = Server::create().await;
    let mut url = Url::parse(server.url()).expect("a URL");
    let role = format!("role{}", url.path().replace('/', "_"));
    let database = url.path().trim_start_matches('/').to_owned();
    for sql in [
        format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"),
        format!("ALTER DATABASE {database} OWNER TO {role}"),
        format!("GRANT ALL ON SCHEMA public TO {role}"),
    ] {
        server.db.execute_unprepared(&sql).await.expect(&sql);
    }
    url.set_username(&role).expect("a URL with a host");
    url.set_password(Some("secret")).expect("a URL with a host");
    let process = Process::serve_ready(&[("DATABASE_URL", url.as_str())]).await;
    let limit = format!("ALTER ROLE {role} CONNECTION LIMIT 0");
    server.db.execute_unprepared(&limit).await.expect("a limit");
    server.number(CUT_CONNECTIONS).await;
    let visitor = process.visitor();
    let started = Instant::now();
    let response = visitor.get("/readyz").await;
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(response.status.as_u16(), 503);
    assert!(
        response.body.contains("has no connection left"),
        "{}",
        response.body
    );
    drop(process);
    for sql in [
        format!("ALTER DATABASE {database} OWNER TO CURRENT_USER"),
        format!("DROP OWNED BY {role}"),
        format!("DROP ROLE {role}"),
    ] {
        server.db.execute_unprepared(&sql).await.expect(&sql);
    }
}
