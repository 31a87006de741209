//! Readiness: whether requests can be served, and if not, why.

use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{ConnectionTrait, DbBackend};
use tokio::time::timeout;

use super::Database;

/// The longest query of a readiness check. App Service's health check needs an early response.
const CHECK_TIMEOUT: Duration = Duration::from_millis(1500);

/// The longest attempt to learn why the check failed. Together with the check it stays within 2 s.
const CAUSE_TIMEOUT: Duration = Duration::from_millis(400);

/// PostgreSQL's error `too_many_connections`.
const TOO_MANY_CONNECTIONS: &str = "53300";

/// Why requests cannot be served. The text is public: it names no host and no value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    #[error("The site is starting.")]
    Starting,
    #[error("The database has not been reached and migrated yet.")]
    NotMigrated,
    #[error("Migrations are pending: run `app migrate`.")]
    MigrationsPending,
    #[error(
        "The connection pooler in front of the database does not support prepared statements: \
         set max_prepared_statements to 200 (PgBouncer 1.21 or newer), or connect without the pooler."
    )]
    StatementsMixedUp,
    #[error("The database cannot be reached.")]
    Unreachable,
    #[error(
        "The database server has no connection left: \
         lower DATABASE_POOL_SIZE or the number of instances, or choose a larger server."
    )]
    ConnectionLimit,
    #[error("The database server is a standby, which accepts no writes.")]
    Standby,
}

impl Database {
    /// Whether the schema has been brought up to this build. A request that comes while the site starts waits for it, at
    /// most as long as for a connection: a load balancer may not have noticed the restart.
    ///
    /// # Errors
    /// The reason.
    pub async fn check_prepared(&self) -> Result<(), NotReady> {
        if self.not_ready() == Some(NotReady::Starting) {
            let mut state = self.not_ready.subscribe();
            let started = state.wait_for(|reason| *reason != Some(NotReady::Starting));
            // The state tells what came of it.
            let _ = timeout(self.config.settings.database_pool_timeout, started).await;
        }
        self.not_ready().map_or(Ok(()), Err)
    }

    /// Whether requests can be served: migrated, reachable within 1.5 s, and no standby if it was a primary before.
    ///
    /// # Errors
    /// The reason, within 2 s.
    pub async fn check_ready(&self) -> Result<(), NotReady> {
        if let Some(reason) = self.not_ready() {
            return Err(reason);
        }
        let Ok(Ok(is_primary)) = timeout(CHECK_TIMEOUT, is_primary(&self.readers)).await else {
            return Err(self.connect_failure().await);
        };
        if is_primary {
            self.mark_as_primary();
        } else if self.has_been_primary() {
            // Other connections may still lead to the same server.
            self.discard_connections();
            return Err(NotReady::Standby);
        }
        Ok(())
    }

    async fn connect_failure(&self) -> NotReady {
        if self.connection.get_database_backend() != DbBackend::Postgres {
            return NotReady::Unreachable;
        }
        let pool = self.connection.get_postgres_connection_pool();
        let options = pool.connect_options();
        let attempt = timeout(CAUSE_TIMEOUT, options.connect());
        let Ok(Err(refusal)) = attempt.await else {
            return NotReady::Unreachable;
        };
        let code = refusal.as_database_error().and_then(DatabaseError::code);
        if code.is_some_and(|code| code == TOO_MANY_CONNECTIONS) {
            NotReady::ConnectionLimit
        } else {
            NotReady::Unreachable
        }
    }
}

/// Whether the database accepts writes as far as replication is concerned. Without a prepared statement, which a
/// pooler may not support.
async fn is_primary(db: &impl ConnectionTrait) -> Result<bool, sea_orm::DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        db.execute_unprepared("SELECT 1").await?;
        return Ok(true);
    }
    let selected = db.execute_unprepared("SELECT 1 WHERE NOT pg_is_in_recovery()");
    Ok(selected.await?.rows_affected() > 0)
}
