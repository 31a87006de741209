//! A database server that fails and is replaced by its standby.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::servers::PostgresServer;
use harness::{Forwarder, LONG, Process, Visitor, connect, eventually};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::task::JoinSet;

use super::Server;
use crate::feature::{FEATURE, FIELDS, FORM, TABLE};

/// The site serves writes again within this time after the new primary does.
const HEALED_WITHIN: Duration = Duration::from_secs(5);

/// The form with a text and a submission key of its own.
fn numbered_form(number: usize) -> Vec<(&'static str, String)> {
    let fields = FIELDS.iter().enumerate();
    let mut form: Vec<_> = fields
        .map(|(index, (name, value))| match index {
            0 => (*name, format!("{number:08}")),
            _ => (*name, (*value).to_owned()),
        })
        .collect();
    form.push(("submission_key", format!("{number:032x}")));
    form
}

/// Sends each form until it is accepted, as a visitor does who tries again, until it is stopped. Returns how many
/// were accepted.
async fn write_until(visitor: Visitor, first: usize, stop: Arc<AtomicBool>) -> usize {
    let mut accepted = 0;
    while !stop.load(Ordering::Relaxed) {
        let form = numbered_form(first + accepted);
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        while visitor.post(FORM, &form).await.status.as_u16() != 303 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        accepted += 1;
    }
    accepted
}

async fn status(visitor: &Visitor, path: &str) -> u16 {
    visitor.get(path).await.status.as_u16()
}

async fn execute(db: &DatabaseConnection, statements: &[&str]) {
    for sql in statements {
        db.execute_unprepared(sql).await.expect(sql);
    }
}

/// Four visitors who write through these instances until they are stopped.
fn start_writers(processes: &[Process], stop: &Arc<AtomicBool>) -> JoinSet<usize> {
    let visitors = processes.iter().cycle().take(4).map(Process::visitor);
    let numbered = visitors.enumerate();
    numbered
        .map(|(number, visitor)| write_until(visitor, number * 1_000_000, stop.clone()))
        .collect()
}

/// The numbers of rows and of different rows.
async fn count_rows(db: &DatabaseConnection) -> (i64, i64) {
    let column = FEATURE.form().fields[0].column;
    let sql = format!("SELECT count(*), count(DISTINCT {column}) FROM {TABLE}");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db
        .query_one_raw(statement)
        .await
        .expect("a query")
        .expect("a row");
    let count = |index| row.try_get_by_index(index).expect("a number");
    (count(0), count(1))
}

async fn become_ready(processes: &[Process]) {
    for process in processes {
        let visitor = process.visitor();
        eventually("ready again", HEALED_WITHIN, async || {
            (status(&visitor, "/readyz").await == 200).then_some(())
        })
        .await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn no_accepted_write_is_lost_when_a_synchronous_standby_takes_over() {
    const SYNCHRONOUS: &str = "ALTER SYSTEM SET synchronous_standby_names = '*'";
    const ALONE: &str = "ALTER SYSTEM RESET synchronous_standby_names";
    const RELOAD: &str = "SELECT pg_reload_conf()";
    let primary = PostgresServer::primary();
    let standby = primary.standby();
    let db = connect(&primary.url("postgres")).await;
    execute(&db, &[SYNCHRONOUS, RELOAD]).await;
    let mut forwarder = Forwarder::closed(&primary.url("postgres"));
    forwarder.open();
    let settings = [("DATABASE_URL", &*forwarder.url)];
    let processes = [
        Process::serve_ready(&settings).await,
        Process::serve_ready(&settings).await,
    ];
    let stop = Arc::new(AtomicBool::new(false));
    let writers = start_writers(&processes, &stop);
    let visitor = processes[0].visitor();
    eventually("some writes", LONG, async || {
        let page = visitor.get("/").await;
        page.body.contains("00000005").then_some(())
    })
    .await;

    primary.crash();
    assert_eq!(status(&visitor, "/readyz").await, 503);
    standby.promote();
    let promoted = connect(&standby.url("postgres")).await;
    execute(&promoted, &[ALONE, RELOAD]).await;
    forwarder.redirect(&standby.url("postgres"));
    become_ready(&processes).await;
    let before = count_rows(&promoted).await;
    eventually("further writes", HEALED_WITHIN, async || {
        (count_rows(&promoted).await > before).then_some(())
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    let accepted: usize = writers.join_all().await.into_iter().sum();
    let accepted = i64::try_from(accepted).expect("a number");
    assert_eq!(count_rows(&promoted).await, (accepted, accepted));
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
    eventually("writes are refused", LONG, async || {
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
    eventually("writes are accepted", HEALED_WITHIN, async || {
        (visitor.post(FORM, &FIELDS).await.status.as_u16() == 303).then_some(())
    })
    .await;
}
