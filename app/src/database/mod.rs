//! The database connection, its migrations and its readiness. The site listens before the database answers.

mod connect_error;
mod entra;
mod incompatible;
mod pool;
mod unavailable;

pub use entra::database_token;
pub use unavailable::is_unavailable;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, SqlxPostgresConnector, TransactionOptions, TransactionTrait as _,
};

use crate::config::{Config, DatabaseConfig, DatabaseTarget};
use entra::EntraPassword;
use incompatible::{Incompatible, ensure_server_fits};
use pool::{open_postgres, open_sqlite};

/// The longest readiness check. App Service's health check needs an early answer.
const CHECK_TIMEOUT: Duration = Duration::from_millis(1500);

/// The pause between two attempts to reach and migrate the database.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Analyzes the tables of the schema alone: `ANALYZE` without a list takes in the catalogs that all databases
/// of a server share, and waits for others that do the same.
const ANALYZE_TABLES: &str = "
    SET LOCAL statement_timeout = 0;
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT oid FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'
        LOOP EXECUTE 'ANALYZE ' || name; END LOOP;
    END $$";
/// The pause after an answer that only a person can change.
const INCOMPATIBLE_PAUSE: Duration = Duration::from_mins(1);

/// How often the same cause of a failing migration is logged.
const SAME_CAUSE_PAUSE: Duration = Duration::from_mins(1);

/// Advisory lock of the instance that migrates; the others wait for it. The number is arbitrary.
const MIGRATION_LOCK: i64 = 0x7265_7374_6175_7261;

/// A connection pool, and whether the schema is known to be that of this build.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    config: Arc<DatabaseConfig>,
    /// `None` where the server does not require Entra tokens.
    entra: Option<Arc<EntraPassword>>,
    migrated: Arc<AtomicBool>,
}

impl Database {
    /// Prepares the pool; the first query connects.
    ///
    /// # Errors
    /// When an SQLite file cannot be opened, or there is neither a password nor a managed identity.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let (connection, entra) = match &config.database.target {
            DatabaseTarget::Sqlite(options) => (open_sqlite(&config.database, options)?, None),
            DatabaseTarget::Postgres(options) => {
                let pool = open_postgres(&config.database, options);
                let entra = EntraPassword::from_config(config, &pool)?;
                (SqlxPostgresConnector::from_sqlx_postgres_pool(pool), entra)
            }
        };
        Ok(Self {
            connection,
            config: Arc::new(config.database.clone()),
            entra: entra.map(Arc::new),
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

    /// Applies the pending migrations, one instance at a time. Only reads where nothing is pending, as a role
    /// without further rights and a read-only database require.
    ///
    /// # Errors
    /// When there is no token, the database cannot be reached, or its server, its tables or a newer build's
    /// changes do not suit this build.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        if let Some(entra) = &self.entra {
            entra.renew_if_due().await?;
        }
        if let Err(error) = self.connection.ping().await {
            return Err(self.connect_error(error).await);
        }
        ensure_server_fits(&self.connection).await?;
        let is_pending = Migrator::has_pending(&self.connection).await;
        if is_pending.map_err(|error| without_source(&error))? {
            self.apply_pending().await?;
        }
        self.migrated.store(true, Ordering::Release);
        Ok(())
    }

    async fn apply_pending(&self) -> anyhow::Result<()> {
        let applied = async {
            let transaction = self.begin_migration().await?;
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        };
        applied.await.map_err(|error| without_source(&error))?;
        self.analyze().await;
        Ok(())
    }

    /// Collects the statistics of tables that have just been adopted or filled, without which the planner
    /// scans them until autovacuum has analyzed them. SQLite needs none for these queries.
    async fn analyze(&self) {
        if self.connection.get_database_backend() == DbBackend::Postgres
            && let Err(error) = self.connection.execute_unprepared(ANALYZE_TABLES).await
        {
            tracing::warn!(%error, "failed to analyze the tables");
        }
    }

    /// Migrates as soon as the database can be reached, however long that takes; then keeps its token valid.
    pub async fn keep_ready(self) {
        let mut logged: Option<(String, Instant)> = None;
        while let Err(error) = self.migrate().await {
            let is_final = error.is::<Incompatible>();
            let cause = format!("{error:#}");
            let is_repeated = logged.as_ref().is_some_and(|(last, at)| {
                *last == cause && (is_final || at.elapsed() < SAME_CAUSE_PAUSE)
            });
            if !is_repeated {
                if is_final {
                    tracing::error!(cause, "the database does not suit this build");
                } else {
                    tracing::error!(cause, "failed to migrate the database; trying again");
                }
                logged = Some((cause, Instant::now()));
            }
            let pause = if is_final {
                INCOMPATIBLE_PAUSE
            } else {
                RETRY_PAUSE
            };
            tokio::time::sleep(pause).await;
        }
        tracing::info!("the database is ready");
        if let Some(entra) = &self.entra {
            entra.renew_forever().await;
        }
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
            // Rewriting a large table takes longer than a request may; waiting for its lock blocks its readers.
            for prepare in [
                "SET LOCAL statement_timeout = 0".to_owned(),
                format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"),
                "SET LOCAL lock_timeout = '10s'".to_owned(),
            ] {
                transaction.execute_unprepared(&prepare).await?;
            }
        }
        Ok(transaction)
    }
}

/// The error's text alone, because it repeats that of its source.
fn without_source(error: &DbErr) -> anyhow::Error {
    match error {
        DbErr::Migration(reason) => Incompatible(reason.clone()).into(),
        error => anyhow::anyhow!("{error}"),
    }
}
