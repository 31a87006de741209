//! The app as a process: start-up, database faults, shutdown, logs.

mod application_insights;
#[cfg(unix)]
mod backup;
#[cfg(target_os = "linux")]
mod balancer;
mod commands;
mod database_faults;
mod database_token;
#[cfg(unix)]
mod failover;
mod logs;
mod overload;
mod panics;
#[cfg(unix)]
mod pooler;
#[cfg(unix)]
mod replicas;
mod shutdown;
mod startup;
#[cfg(unix)]
mod writers;

use harness::{Backend, TestDatabase, connect};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, TransactionTrait as _,
};

/// A database of PostgreSQL and a connection for the test's own statements.
struct Server {
    database: TestDatabase,
    db: DatabaseConnection,
}

impl Server {
    async fn create() -> Self {
        let database = TestDatabase::create(Backend::Postgres).await;
        let db = connect(&database.url).await;
        Self { database, db }
    }

    fn url(&self) -> &str {
        &self.database.url
    }

    /// Locks the table: every other statement on it waits until the lock is dropped.
    async fn lock(&self, table: &str) -> DatabaseTransaction {
        let transaction = self.db.begin().await.expect("a transaction");
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        transaction.execute_unprepared(&lock).await.expect("a lock");
        transaction
    }

    /// The number of the site's statements that wait for a lock.
    async fn waiting(&self) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.number(sql).await
    }

    async fn number(&self, sql: &str) -> i64 {
        use sea_orm::Statement;
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let row = self
            .db
            .query_one_raw(statement)
            .await
            .expect(sql)
            .expect("a row");
        row.try_get_by_index(0).expect("a number")
    }
}
