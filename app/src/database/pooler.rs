//! Connection poolers in front of the database, such as PgBouncer on port 6432 of Azure's servers.
//!
//! In transaction mode a pooler gives the server's connection to another client after each transaction. The
//! driver names its prepared statements `sqlx_s_1`, `sqlx_s_2` and so on for each of its connections. A pooler without
//! support for them passes the names on, and one client executes the statement of another. PgBouncer supports them from
//! version 1.21, if `max_prepared_statements` is not 0 (<https://www.pgbouncer.org/config.html#max_prepared_statements>).

use std::time::Duration;

use sea_orm::SqlxError;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sea_orm::sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, query_scalar, raw_sql};

/// How the driver's names of prepared statements begin.
const DRIVER_NAME: &str = "sqlx_s_";

/// How often two connections compare the processes that serve them.
const ROUNDS: usize = 4;

/// `invalid_sql_statement_name` and `duplicate_prepared_statement`: a statement of another client, or none, has the name.
const MIX_UPS: [&str; 2] = ["26000", "42P05"];

/// What is between the site and the database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Nothing, or a pooler that gives each client a connection of its own.
    PerClient,
    /// A pooler in transaction mode that supports prepared statements.
    PerTransaction,
    /// A pooler in transaction mode that mixes up prepared statements.
    MixesUpStatements,
}

/// Whether this error code says that a prepared statement was not the one expected.
pub(super) fn is_mix_up(code: &str) -> bool {
    MIX_UPS.contains(&code)
}

/// Finds out what is between the site and the server, by two connections outside of the pool.
///
/// # Errors
/// When the server cannot be reached.
pub(super) async fn detect(options: &PgConnectOptions) -> Result<Pooling, SqlxError> {
    let mut one = options.connect().await?;
    let mut other = options.connect().await?;
    if !shares_connections(&mut one, &mut other).await? {
        return Ok(Pooling::PerClient);
    }
    Ok(if supports_statements(&mut one).await? {
        Pooling::PerTransaction
    } else {
        Pooling::MixesUpStatements
    })
}

/// Whether a pooler still supports prepared statements.
///
/// # Errors
/// When the server cannot be reached.
pub(super) async fn still_supports_statements(
    options: &PgConnectOptions,
) -> Result<bool, SqlxError> {
    supports_statements(&mut options.connect().await?).await
}

/// Whether the processes that serve two connections change or are the same one. An idle pooler serves both by the
/// process that was used last, a busy one by whichever is free.
async fn shares_connections(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<bool, SqlxError> {
    let first = (backend_pid(one).await?, backend_pid(other).await?);
    for _ in 0..ROUNDS {
        let next = (backend_pid(one).await?, backend_pid(other).await?);
        if next != first || next.0 == next.1 {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn backend_pid(connection: &mut PgConnection) -> Result<i32, SqlxError> {
    let row: PgRow = raw_sql("SELECT pg_backend_pid()")
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

/// Whether the pooler gives prepared statements names of its own, which is how it keeps them apart.
async fn supports_statements(connection: &mut PgConnection) -> Result<bool, SqlxError> {
    let mark: u128 = rand::random();
    // Finds itself.
    let sql =
        format!("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%{mark:032x}%'");
    let names: Result<Vec<String>, _> =
        query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await;
    match names {
        Ok(names) => {
            let is_renamed = |name: &String| !name.starts_with(DRIVER_NAME);
            Ok(!names.is_empty() && names.iter().all(is_renamed))
        }
        Err(SqlxError::Protocol(_)) => Ok(false),
        Err(SqlxError::Database(error)) if error.code().is_some_and(|code| is_mix_up(&code)) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// SQL that stores the statement timeout with the role and the database, unless it is stored already. A pooler does not
/// pass the settings of a session on to every connection. A role may set this for itself; it applies to new connections.
pub(super) fn store_statement_timeout(limit: Duration) -> String {
    let limit = limit.as_millis();
    format!(
        "DO $$ BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_db_role_setting
                WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                    AND 'statement_timeout={limit}ms' = ANY (setconfig)
            ) THEN
                EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET statement_timeout = %L',
                    current_database(), '{limit}ms');
            END IF;
        END $$"
    )
}
