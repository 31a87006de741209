//! The database: opened lazily, migrated in the background, and never required for listening.

mod entra;
mod pool;
mod unavailable;

pub use entra::database_token;
pub use unavailable::is_unavailable;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, SqlxPostgresConnector, TransactionOptions, TransactionTrait as _,
};

use crate::config::{Config, DatabaseTarget};
use entra::EntraPassword;
use pool::{open_postgres, open_sqlite};

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
    /// Where the server wants Entra tokens.
    entra: Option<Arc<EntraPassword>>,
    migrated: Arc<AtomicBool>,
}

impl Database {
    /// Prepares the pool; the first query connects.
    ///
    /// # Errors
    /// When the folder of an SQLite file cannot be made, or there is neither a password nor an identity.
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

    /// Applies the pending migrations, one instance at a time.
    ///
    /// # Errors
    /// When there is no token, the database cannot be reached, or a newer build has contracted its schema.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        if let Some(entra) = &self.entra {
            entra.renew_if_due().await?;
        }
        let transaction = self.begin_migration().await?;
        Migrator::up(&transaction, None).await?;
        transaction.commit().await?;
        self.migrated.store(true, Ordering::Release);
        Ok(())
    }

    /// Migrates as soon as the database can be reached, however long that takes; then keeps its token good.
    pub async fn keep_ready(self) {
        while let Err(cause) = self.migrate().await {
            let cause = format!("{cause:#}");
            tracing::error!(cause, "the database cannot be migrated yet; trying again");
            tokio::time::sleep(RETRY_PAUSE).await;
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
