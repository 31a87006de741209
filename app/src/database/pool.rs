//! Connection pools, which connect when the first query is sent.
//!
//! PostgreSQL has one pool. SQLite has one connection that writes, so that writers wait in the pool's queue instead
//! of polling for SQLite's lock, and a pool of connections that only read.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool, raw_sql};
use sea_orm::{DatabaseConnection, SqlxError, SqlxSqliteConnector};
use tokio::time::timeout;

use super::RetryingConnection;
use crate::config::DatabaseConfig;

/// The longest test of an idle connection. A NAT gateway or a fail-over may have dropped it silently; it is
/// then replaced within the same request.
pub(super) const TEST_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections opened before this instant are closed when they are taken from the pool: they are lost, or lead to a
/// server that is no longer the primary.
#[derive(Clone, Debug, Default)]
pub(super) struct OldestConnection(Arc<Mutex<Option<Instant>>>);

impl OldestConnection {
    /// Closes all connections that are open now, each when it is taken next.
    pub(super) fn discard_open(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn allows(&self, age: Duration) -> bool {
        let oldest = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        oldest.is_none_or(|oldest| age < oldest.elapsed())
    }

    /// Waits for the response of a connection. Without one in time all open connections count as lost, so that one
    /// request waits, and not one for each of them.
    ///
    /// # Errors
    /// Without a response in time.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        response: impl Future<Output = T>,
    ) -> Result<T, SqlxError> {
        let result = timeout(limit, response).await;
        result.map_err(|_| {
            self.discard_open();
            SqlxError::Io(ErrorKind::TimedOut.into())
        })
    }
}

/// Rows that SQLite's thread may be ahead of the query: more than a page of a list has.
const SQLITE_ROW_BUFFER: usize = 64;

/// The pools of a database.
pub(super) struct Pools {
    pub(super) connection: DatabaseConnection,
    pub(super) readers: RetryingConnection,
}

pub(super) fn open_sqlite(
    config: &DatabaseConfig,
    options: &SqliteConnectOptions,
) -> anyhow::Result<Pools> {
    if !config.in_memory {
        ensure_opens(options)
            .with_context(|| format!("cannot open the database of {}", config.setting))?;
    }
    let options = options
        .clone()
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(config.settings.database_timeout)
        .row_buffer_size(SQLITE_ROW_BUFFER);
    // A test would only ask whether the connection's thread runs.
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(config.settings.database_pool_timeout)
        .test_before_acquire(false);
    let connect = |pool: SqlitePoolOptions, options| {
        SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.connect_lazy_with(options))
    };
    if config.in_memory {
        // The data end with the connection.
        let pool = pool
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let connection = connect(pool, options);
        return Ok(Pools {
            readers: RetryingConnection::Pool(connection.clone()),
            connection,
        });
    }
    let read_options = options.clone().pragma("query_only", "ON");
    Ok(Pools {
        connection: connect(pool.clone().max_connections(1), options),
        readers: RetryingConnection::Pool(connect(
            pool.max_connections(config.settings.database_pool_size),
            read_options,
        )),
    })
}

/// Creates the folder and the file where they may be created. A file that cannot be opened now never can,
/// unlike a server.
fn ensure_opens(options: &SqliteConnectOptions) -> anyhow::Result<()> {
    let file = options.get_filename();
    let create = options.to_url_lossy().as_str().contains("mode=rwc");
    let folder = file.parent().unwrap_or(Path::new(""));
    if create && !folder.as_os_str().is_empty() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let opened = OpenOptions::new()
        .read(true)
        .write(create)
        .create(create)
        .open(file);
    let opened = match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
        Err(error) if file.is_dir() => Err(error),
        // A file that may only be read is served as far as possible.
        Err(_) => File::open(file),
        Ok(opened) => Ok(opened),
    };
    opened.with_context(|| file.display().to_string())?;
    Ok(())
}

pub(super) fn open_postgres(
    config: &DatabaseConfig,
    options: &PgConnectOptions,
    oldest: OldestConnection,
) -> PgPool {
    // A statement, because PgBouncer refuses start-up parameters other than its own.
    let limit = config.settings.database_timeout.as_millis();
    let prepare = format!("SET statement_timeout = {limit}");
    let test_timeout = TEST_TIMEOUT.min(config.settings.database_pool_timeout / 2);
    let result_timeout = config.settings.database_timeout + TEST_TIMEOUT;
    let of_release = oldest.clone();
    PgPoolOptions::new()
        .max_connections(config.settings.database_pool_size)
        .acquire_timeout(config.settings.database_pool_timeout)
        .after_connect(move |connection, _| {
            let prepare = AssertSqlSafe(prepare.clone());
            Box::pin(async move { raw_sql(prepare).execute(connection).await.map(|_| ()) })
        })
        .test_before_acquire(false)
        .before_acquire(move |connection, metadata| {
            let oldest = oldest.clone();
            Box::pin(async move {
                if !oldest.allows(metadata.age) {
                    return Ok(false);
                }
                let tested = oldest.within(test_timeout, connection.ping());
                tested.await?.map(|()| true)
            })
        })
        // A request that was given up may have left its statement unfinished. sqlx would wait for the result without a
        // limit, on a connection that was lost silently until the kernel gives up, which takes a quarter of an hour.
        // Without such a statement this sends nothing.
        .after_release(move |connection, _| {
            let oldest = of_release.clone();
            Box::pin(async move {
                let finished = oldest.within(result_timeout, connection.flush());
                finished.await?.map(|()| true)
            })
        })
        .connect_lazy_with(options.clone().extra_float_digits(None))
}
