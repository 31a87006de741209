//! The cause of a failed connection, which the pool hides by its own timeout error.

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, SqlxError};
use tokio::time::timeout;

use super::Database;
use crate::config::DatabaseTarget;

/// PostgreSQL's error class "invalid authorization specification".
const AUTHENTICATION: &str = "28";

impl Database {
    /// Names the server or the file, the setting, and the cause: the pool's error, or that of one more attempt
    /// where the pool has only timed out.
    pub(super) async fn connect_error(&self, error: DbErr) -> anyhow::Error {
        let setting = self.config.setting;
        match &self.config.target {
            DatabaseTarget::Sqlite(options) => {
                let file = options.get_filename().display();
                anyhow::anyhow!("cannot open {file} ({setting}): {error}")
            }
            DatabaseTarget::Postgres { primary, .. } => {
                let server = match primary.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None => format!("{}:{}", primary.get_host(), primary.get_port()),
                };
                let cause = self.postgres_cause(error).await;
                anyhow::anyhow!("cannot connect to PostgreSQL at {server} ({setting}): {cause}")
            }
        }
    }

    async fn postgres_cause(&self, error: DbErr) -> String {
        // The pool's options have the current Entra token.
        let options = self
            .connection
            .get_postgres_connection_pool()
            .connect_options();
        match timeout(
            self.config.settings.database_pool_timeout,
            options.connect(),
        )
        .await
        {
            Err(_) => "no response within DATABASE_POOL_TIMEOUT".to_owned(),
            Ok(Err(cause)) if self.config.percent_in_password && is_authentication(&cause) => {
                format!(
                    "{cause} (DBPASS has percent signs: it is used as written, % codes are not decoded)"
                )
            }
            Ok(Err(cause)) => cause.to_string(),
            Ok(Ok(_)) => error.to_string(),
        }
    }
}

fn is_authentication(error: &SqlxError) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code.starts_with(AUTHENTICATION))
}
