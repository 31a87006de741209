//! The pools, opened lazily, with what every connection is told first.

use anyhow::Context as _;
use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::{DatabaseConnection, SqlxSqliteConnector};

use crate::config::DatabaseConfig;

pub(super) fn open_sqlite(
    config: &DatabaseConfig,
    options: &SqliteConnectOptions,
) -> anyhow::Result<DatabaseConnection> {
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

pub(super) fn open_postgres(config: &DatabaseConfig, options: &PgConnectOptions) -> PgPool {
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
    PgPoolOptions::new()
        .max_connections(config.pool_size)
        .acquire_timeout(config.pool_timeout)
        .connect_lazy_with(options)
}
