//! A database server that fails and is replaced by its standby.

use std::time::Duration;

use harness::servers::PostgresServer;
use harness::{Process, TIMEOUT, TcpProxy, Visitor, connect, eventually};
use sea_orm::{ConnectionTrait as _, DatabaseConnection};

use super::Server;
use super::writers::{Writers, count_rows, send};
use crate::feature::{FIELDS, FORM};

/// The site serves writes again within this time after the new primary does.
const RECOVERY_LIMIT: Duration = Duration::from_secs(5);

const SYNCHRONOUS: &str = "ALTER SYSTEM SET synchronous_standby_names = '*'";
const RELOAD: &str = "SELECT pg_reload_conf()";

async fn status(visitor: &Visitor, path: &str) -> u16 {
    visitor.get(path).await.status.as_u16()
}

async fn execute(db: &DatabaseConnection, statements: &[&str]) {
    for sql in statements {
        db.execute_unprepared(sql).await.expect(sql);
    }
}

async fn become_ready(processes: &[Process]) {
    for process in processes {
        let visitor = process.visitor();
        eventually("ready again", RECOVERY_LIMIT, async || {
            (status(&visitor, "/readyz").await == 200).then_some(())
        })
        .await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn no_accepted_write_is_lost_when_a_synchronous_standby_takes_over() {
    const ASYNCHRONOUS: &str = "ALTER SYSTEM RESET synchronous_standby_names";
    let primary = PostgresServer::primary();
    let standby = primary.standby();
    let db = connect(&primary.url("postgres")).await;
    execute(&db, &[SYNCHRONOUS, RELOAD]).await;
    let mut proxy = TcpProxy::closed(&primary.url("postgres"));
    proxy.open();
    let settings = [("DATABASE_URL", &*proxy.url)];
    let processes = [
        Process::serve_ready(&settings).await,
        Process::serve_ready(&settings).await,
    ];
    let visitors = processes.iter().cycle().take(4).map(Process::visitor);
    let writers = Writers::start(visitors);
    let visitor = processes[0].visitor();
    eventually("some writes", TIMEOUT, async || {
        (count_rows(&db).await.0 > 20).then_some(())
    })
    .await;

    primary.crash();
    assert_eq!(status(&visitor, "/readyz").await, 503);
    standby.promote();
    let promoted = connect(&standby.url("postgres")).await;
    execute(&promoted, &[ASYNCHRONOUS, RELOAD]).await;
    proxy.forward_to(&standby.url("postgres"));
    become_ready(&processes).await;
    let before = count_rows(&promoted).await;
    eventually("further writes", RECOVERY_LIMIT, async || {
        (count_rows(&promoted).await > before).then_some(())
    })
    .await;
    writers.assert_all_written_once(&promoted).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn a_write_that_the_synchronous_standby_has_not_confirmed_is_not_accepted() {
    const END_WAIT: &str =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let primary = PostgresServer::primary();
    let standby = primary.standby();
    let db = connect(&primary.url("postgres")).await;
    let settings = [
        ("DATABASE_URL", &*primary.url("postgres")),
        ("DATABASE_TIMEOUT", "500ms"),
        ("DATABASE_POOL_TIMEOUT", "500ms"),
    ];
    let process = Process::serve_ready(&settings).await;
    execute(&db, &[SYNCHRONOUS, RELOAD]).await;
    let visitor = process.visitor();
    assert_eq!(send(&visitor, 1).await, 303);
    standby.crash();
    assert_eq!(send(&visitor, 2).await, 503);
    // Then the row is there, but the standby still lacks it.
    execute(&db, &[END_WAIT]).await;
    assert_eq!(send(&visitor, 2).await, 503);
    standby.start();
    eventually("the same form is accepted", TIMEOUT, async || {
        (send(&visitor, 2).await == 303).then_some(())
    })
    .await;
    assert_eq!(count_rows(&db).await, (2, 2));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn connections_that_refuse_writes_are_replaced() {
    const SET_READ_ONLY: &str = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
        current_database()); END $$";
    let server = Server::create().await;
    let process = Process::serve_ready(&[("DATABASE_URL", server.url())]).await;
    let visitor = process.visitor();
    server
        .db
        .execute_unprepared(SET_READ_ONLY)
        .await
        .expect("read-only");
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    server.number(cut).await;
    eventually("writes are refused", TIMEOUT, async || {
        (visitor.post(FORM, &FIELDS).await.status.as_u16() == 503).then_some(())
    })
    .await;
    // The open connections stay read-only.
    let writable = SET_READ_ONLY.replace("SET default_transaction_read_only = on", "RESET ALL");
    let writable = format!("BEGIN READ WRITE; {writable}; COMMIT");
    server
        .db
        .execute_unprepared(&writable)
        .await
        .expect("writable");
    eventually("writes are accepted", RECOVERY_LIMIT, async || {
        (visitor.post(FORM, &FIELDS).await.status.as_u16() == 303).then_some(())
    })
    .await;
}
