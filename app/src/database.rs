//! The database: opened lazily, migrated in the background, and never required for listening.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use migrations::{Migrator, MigratorTrait as _};
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::sqlite::SqlitePoolOptions;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, SqlxError, SqlxPostgresConnector, SqlxSqliteConnector,
    TransactionOptions, TransactionTrait as _,
};

use crate::config::{DatabaseConfig, DatabaseTarget};

/// How long a readiness check waits for the database; App Service wants an answer soon.
const CHECK_TIMEOUT: Duration = Duration::from_millis(1500);

/// The pause between two attempts to reach and migrate the database.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Held by the instance that migrates; the others wait for it. Any number will do.
const MIGRATION_LOCK: i64 = 0x7265_7374_6175_7261;

/// A pool of connections, and whether the schema is known to be this build's.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    migrated: Arc<AtomicBool>,
}

impl Database {
    /// Prepares the pool; the first query connects.
    ///
    /// # Errors
    /// When the folder of an SQLite file cannot be made, or no password is given.
    pub fn open(config: &DatabaseConfig) -> anyhow::Result<Self> {
        anyhow::ensure!(
            !config.token_required,
            "AZURE_POSTGRESQL_CONNECTIONSTRING has no password: add password=… to it"
        );
        let connection = match &config.target {
            DatabaseTarget::Sqlite(options) => open_sqlite(config, options)?,
            DatabaseTarget::Postgres(options) => open_postgres(config, options),
        };
        Ok(Self {
            connection,
            migrated: Arc::default(),
        })
    }

    /// The pool, for queries.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Whether the schema has been brought up to this build.
    pub fn is_migrated(&self) -> bool {
        self.migrated.load(Ordering::Acquire)
    }

    /// Applies the pending migrations, one instance at a time.
    ///
    /// # Errors
    /// When the database cannot be reached, or a newer build has contracted its schema.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        let transaction = self.begin_migration().await?;
        Migrator::up(&transaction, None).await?;
        transaction.commit().await?;
        self.migrated.store(true, Ordering::Release);
        Ok(())
    }

    /// Migrates as soon as the database can be reached, however long that takes.
    pub async fn migrate_until_done(self) {
        while let Err(cause) = self.migrate().await {
            tracing::error!(%cause, "the database cannot be migrated yet; trying again");
            tokio::time::sleep(RETRY_PAUSE).await;
        }
        tracing::info!("the database is ready");
    }

    /// Whether requests can be served: reachable within 1.5 s, and migrated.
    pub async fn is_ready(&self) -> bool {
        self.is_migrated()
            && matches!(
                tokio::time::timeout(
                    CHECK_TIMEOUT,
                    self.connection.execute_unprepared("SELECT 1")
                )
                .await,
                Ok(Ok(_))
            )
    }

    async fn begin_migration(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.connection.begin_with_options(options).await?;
        if self.connection.get_database_backend() == DbBackend::Postgres {
            // A rewrite of a large table takes longer than a request may; waiting behind one blocks its readers.
            let prepare = format!(
                "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); \
                 SET LOCAL lock_timeout = '10s'"
            );
            transaction.execute_unprepared(&prepare).await?;
        }
        Ok(transaction)
    }
}

fn open_sqlite(
    config: &DatabaseConfig,
    options: &sea_orm::sqlx::sqlite::SqliteConnectOptions,
) -> anyhow::Result<DatabaseConnection> {
    use anyhow::Context as _;
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

    let file = options.get_filename();
    if let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let options = options
        .clone()
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(config.statement_timeout);
    let pool = SqlitePoolOptions::new()
        .max_connections(config.pool_size)
        .acquire_timeout(config.pool_timeout)
        .connect_lazy_with(options);
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

fn open_postgres(
    config: &DatabaseConfig,
    options: &sea_orm::sqlx::postgres::PgConnectOptions,
) -> DatabaseConnection {
    let statement_timeout = config.statement_timeout.as_millis().to_string();
    let options = options.clone().options([
        ("statement_timeout", statement_timeout.as_str()),
        // Every query here is answered from an index and in its order where that has one; a guess at a small
        // table, or at one never analysed, must not read and sort it whole once it has grown.
        ("enable_seqscan", "off"),
        ("enable_sort", "off"),
        // What is off costs so much to the planner that it would compile every such query.
        ("jit", "off"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(config.pool_size)
        .acquire_timeout(config.pool_timeout)
        .connect_lazy_with(options);
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

/// Whether an error means "not now" (503) rather than a fault of ours (500): the database cannot be
/// reached, is overloaded, out of space, restarting, or took longer than the limits allow.
pub fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            is_unavailable_cause(cause)
        }
        _ => false,
    }
}

fn is_unavailable_cause(cause: &SqlxError) -> bool {
    match cause {
        SqlxError::Database(refused) => refused.code().is_some_and(|code| is_transient(&code)),
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        _ => false,
    }
}

/// PostgreSQL's classes 08, 53, 57, 58, 28, 3D, 40 and 25006 (appendix A of its manual); SQLite's
/// primary results BUSY 5, LOCKED 6, READONLY 8, IOERR 10, CORRUPT 11, FULL 13 and CANTOPEN 14.
fn is_transient(code: &str) -> bool {
    if code.len() == 5 && code.chars().all(|c| c.is_ascii_alphanumeric()) {
        const CLASSES: [&str; 7] = ["08", "28", "3D", "40", "53", "57", "58"];
        return code == "25006" || CLASSES.iter().any(|class| code.starts_with(class));
    }
    let primary = code.parse::<u32>().map(|extended| extended & 0xff);
    matches!(primary, Ok(5 | 6 | 8 | 10 | 11 | 13 | 14))
}
