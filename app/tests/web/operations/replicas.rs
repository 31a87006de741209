//! Reads from a replica: how old a page may be, and what happens when the replica fails.

use std::time::{Duration, Instant};

use harness::servers::PostgresServer;
use harness::{Process, Response, TIMEOUT, TcpProxy, Visitor, connect, eventually};
use reqwest::Method;
use reqwest::header::HeaderValue;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait as _};

use crate::feature::{FEATURE, FIELDS, FORM, ROW, TABLE};

/// The default of `DATABASE_READ_LAG`.
const MAX_PAGE_AGE: Duration = Duration::from_secs(1);

/// Twice the timeout of a read from a replica.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// A primary with a replica and one row.
struct Cluster {
    primary: PostgresServer,
    replica: PostgresServer,
    primary_db: DatabaseConnection,
    replica_db: DatabaseConnection,
}

impl Cluster {
    async fn start() -> Self {
        let primary = PostgresServer::primary();
        let replica = primary.standby();
        Self {
            primary_db: connect(&primary.url("postgres")).await,
            replica_db: connect(&replica.url("postgres")).await,
            primary,
            replica,
        }
    }

    /// A site that reads from a replica at this URL.
    async fn serve(&self, replica: &str, settings: &[(&str, &str)]) -> Process {
        let primary = self.primary.url("postgres");
        let own = [("DATABASE_URL", &*primary), ("DATABASE_READ_URL", replica)];
        let process = Process::serve_ready(&[&own, settings].concat()).await;
        // With one row the list is not empty.
        self.insert().await;
        process
    }

    async fn pause_replay(&self) {
        let pause = "SELECT pg_wal_replay_pause()";
        self.replica_db
            .execute_unprepared(pause)
            .await
            .expect(pause);
        let state = "SELECT 1 WHERE pg_get_wal_replay_pause_state() = 'paused'";
        eventually("replay is paused", TIMEOUT, async || {
            let paused = self
                .replica_db
                .execute_unprepared(state)
                .await
                .expect(state);
            (paused.rows_affected() > 0).then_some(())
        })
        .await;
    }

    async fn resume_replay(&self) {
        let resume = "SELECT pg_wal_replay_resume()";
        self.replica_db
            .execute_unprepared(resume)
            .await
            .expect(resume);
    }

    /// Inserts a row on the primary, and returns the path of its page.
    async fn insert(&self) -> String {
        let ids = FEATURE.insert_rows(&self.primary_db, "").await;
        ROW.replace('1', &ids[0].to_string())
    }

    /// Delays the replay of each commit on the replica.
    async fn delay_replay(&self, delay: Duration) {
        let delay = delay.as_millis();
        for sql in [
            format!("ALTER SYSTEM SET recovery_min_apply_delay = {delay}"),
            "SELECT pg_reload_conf()".to_owned(),
        ] {
            self.replica_db.execute_unprepared(&sql).await.expect(&sql);
        }
        let state = format!(
            "SELECT 1 FROM pg_settings WHERE name = 'recovery_min_apply_delay' AND setting = '{delay}'"
        );
        eventually("replay is delayed", TIMEOUT, async || {
            let delayed = self.replica_db.execute_unprepared(&state).await;
            (delayed.expect(&state).rows_affected() > 0).then_some(())
        })
        .await;
    }

    /// Requests the list until it is read from the replica.
    async fn read_from_replica(&self, reader: &Visitor) {
        let count = format!(
            "SELECT count(*) FROM pg_stat_activity
            WHERE query LIKE '%{TABLE}%' AND query_start > now() AND pid <> pg_backend_pid()"
        );
        eventually("a query on the replica", TIMEOUT, async || {
            let transaction = self.replica_db.begin().await.expect("a transaction");
            // `now()` is the same from this statement to the end of the transaction.
            transaction
                .execute_unprepared("SELECT")
                .await
                .expect("a snapshot");
            reader.get("/").await;
            let queries = number(&transaction, &count).await;
            transaction.rollback().await.expect("an end");
            (queries > 0).then_some(())
        })
        .await;
    }

    async fn is_on_replica(&self, path: &str) -> bool {
        let id = path.rsplit('/').next().expect("an id");
        let count = format!("SELECT count(*) FROM {TABLE} WHERE id = {id}");
        number(&self.replica_db, &count).await > 0
    }

    /// Waits until the replica has what the primary has.
    async fn catch_up(&self) {
        let position = "SELECT pg_current_wal_lsn()::text";
        let statement = Statement::from_string(self.primary_db.get_database_backend(), position);
        let row = self.primary_db.query_one_raw(statement).await;
        let position: String = row
            .expect("a query")
            .expect("a row")
            .try_get_by_index(0)
            .expect("text");
        let reached = format!("SELECT 1 WHERE pg_last_wal_replay_lsn() >= '{position}'");
        eventually("the replica catches up", TIMEOUT, async || {
            let found = self
                .replica_db
                .execute_unprepared(&reached)
                .await
                .expect("a query");
            (found.rows_affected() > 0).then_some(())
        })
        .await;
    }
}

async fn number(db: &impl ConnectionTrait, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect(sql);
    row.expect("a row").try_get_by_index(0).expect("a number")
}

fn links_to(page: &Response, path: &str) -> bool {
    page.body.contains(&format!("href=\"{path}\""))
}

async fn respond_in_time(visitor: &Visitor) {
    let asked = Instant::now();
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
    assert!(asked.elapsed() < READ_TIMEOUT, "{:?}", asked.elapsed());
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn readers_are_served_by_the_replica_and_writers_by_the_primary() {
    let cluster = Cluster::start().await;
    let replica = cluster.replica.url("postgres");
    let process = cluster
        .serve(&replica, &[("DATABASE_READ_LAG", "1m")])
        .await;
    let reader = process.visitor();
    cluster.read_from_replica(&reader).await;
    cluster.pause_replay().await;
    let unseen = cluster.insert().await;
    eventually("a page of the replica", TIMEOUT, async || {
        (!links_to(&reader.get("/").await, &unseen)).then_some(())
    })
    .await;
    let status = reader.get(&unseen).await.status;
    assert_eq!(status.as_u16(), 200, "not on the replica");

    let writer = process.visitor();
    let written = writer.post(FORM, &FIELDS).await;
    assert_eq!(written.status.as_u16(), 303);
    let mut cookies = written.headers.get_all("set-cookie").iter();
    let lasts = |cookie: &HeaderValue| cookie.to_str().expect("text").contains("Max-Age=62");
    assert!(cookies.any(lasts), "{:?}", written.headers);
    assert_eq!(writer.get(written.location()).await.status.as_u16(), 200);
    let page = writer.get("/").await;
    assert!(links_to(&page, &unseen), "the primary's page");
    let with_notice = reader
        .request(Method::GET, "/")
        .header("cookie", "notice=x");
    let page = reader.send(with_notice).await;
    assert!(links_to(&page, &unseen), "the primary's page");
    let page = reader.get("/").await;
    assert!(!links_to(&page, &unseen), "the replica's page");

    cluster.resume_replay().await;
    eventually("the row on the replica", TIMEOUT, async || {
        links_to(&reader.get("/").await, &unseen).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn no_page_is_older_than_a_second_whatever_the_state_of_the_replica() {
    let cluster = Cluster::start().await;
    let replica = cluster.replica.url("postgres");
    let cached = [("PAGE_CACHE_BYTES", "1MiB")];
    let process = cluster.serve(&replica, &cached).await;
    let reader = process.visitor();
    for round in 0..6 {
        if round % 2 == 0 {
            cluster.resume_replay().await;
            cluster.catch_up().await;
        }
        // The cache contains pages from the primary and from the replica.
        for _ in 0..20 {
            reader.get("/").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cluster.pause_replay().await;
        let path = cluster.insert().await;
        let inserted = Instant::now();
        let seen = eventually("the row", TIMEOUT, async || {
            let asked = Instant::now();
            links_to(&reader.get("/").await, &path).then_some(asked)
        });
        assert!(seen.await - inserted < MAX_PAGE_AGE + Duration::from_millis(100));
        for _ in 0..20 {
            assert!(
                links_to(&reader.get("/").await, &path),
                "an older page after a newer one"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn a_stopped_or_unresponsive_replica_delays_no_page_by_three_seconds() {
    let cluster = Cluster::start().await;
    let mut proxy = TcpProxy::closed(&cluster.replica.url("postgres"));
    proxy.open();
    let process = cluster.serve(&proxy.url.clone(), &[]).await;
    let visitor = process.visitor();
    cluster.read_from_replica(&visitor).await;
    proxy.stall();
    for _ in 0..20 {
        respond_in_time(&visitor).await;
    }
    proxy.resume();
    cluster.read_from_replica(&visitor).await;
    cluster.replica.crash();
    for _ in 0..20 {
        respond_in_time(&visitor).await;
    }
    assert_eq!(visitor.get("/readyz").await.status.as_u16(), 200);
    cluster.replica.start();
    let failure = "failed to measure the replication lag; reading from the primary";
    assert!(process.log().iter().any(|line| line["message"] == failure));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn a_delayed_replica_is_used_again_once_it_has_caught_up() {
    const DELAY: Duration = Duration::from_secs(3);
    let cluster = Cluster::start().await;
    let process = cluster.serve(&cluster.replica.url("postgres"), &[]).await;
    let reader = process.visitor();
    // Without writes the replica is up to date, however old its last commit is.
    tokio::time::sleep(2 * MAX_PAGE_AGE).await;
    cluster.read_from_replica(&reader).await;
    cluster.delay_replay(DELAY).await;
    let path = cluster.insert().await;
    let inserted = Instant::now();
    eventually("the primary's page", MAX_PAGE_AGE, async || {
        links_to(&reader.get("/").await, &path).then_some(())
    })
    .await;
    while inserted.elapsed() + MAX_PAGE_AGE < DELAY {
        assert!(links_to(&reader.get("/").await, &path));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!cluster.is_on_replica(&path).await);
    cluster.read_from_replica(&reader).await;
    assert!(cluster.is_on_replica(&path).await);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN; run cargo xtask test"]
async fn a_promoted_replica_is_no_longer_used_for_reads() {
    let cluster = Cluster::start().await;
    let replica = cluster.replica.url("postgres");
    let process = cluster.serve(&replica, &[]).await;
    let reader = process.visitor();
    cluster.read_from_replica(&reader).await;
    cluster.replica.promote();
    let path = cluster.insert().await;
    tokio::time::sleep(MAX_PAGE_AGE).await;
    for _ in 0..10 {
        assert!(links_to(&reader.get("/").await, &path));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
