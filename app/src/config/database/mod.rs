//! Which database, and how much of it.

mod parts;
mod postgres;
mod source;
mod sqlite;
mod target;

use std::time::Duration;

use source::read_database;
use target::Database;
pub use target::DatabaseTarget;

use super::reader::Reader;
use super::settings::DatabaseSettings;
use super::units::{LONGEST, SHORTEST, duration, number};

/// The database and the limits of its use.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub target: DatabaseTarget,
    /// The server wants an Entra token in place of a password.
    pub token_required: bool,
    pub pool_size: u32,
    /// Longest wait for a connection of the pool.
    pub pool_timeout: Duration,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
}

impl DatabaseConfig {
    /// `None` if the database is not usable, which is then a problem.
    pub(super) fn read(
        settings: &DatabaseSettings,
        on_app_service: bool,
        reader: &mut Reader,
    ) -> Option<Self> {
        // Three instances, and one more while they restart in turn, keep within what a small server allows.
        let mut pool_size = 8;
        let size = settings.database_pool_size.as_deref();
        reader.set(&mut pool_size, "DATABASE_POOL_SIZE", size, number(1..=1000));
        let wait = settings.database_pool_timeout.as_deref();
        let pool_timeout = timeout("DATABASE_POOL_TIMEOUT", wait, 3, reader);
        let run = settings.database_timeout.as_deref();
        let statement_timeout = timeout("DATABASE_TIMEOUT", run, 5, reader);
        let Database {
            target,
            token_required,
            in_memory,
        } = read_database(settings, on_app_service, reader)?;
        // Every connection to an in-memory database would see a database of its own.
        let pool_size = if in_memory { 1 } else { pool_size };
        Some(Self {
            target,
            token_required,
            pool_size,
            pool_timeout,
            statement_timeout,
        })
    }
}

fn timeout(name: &str, value: Option<&str>, default_seconds: u64, reader: &mut Reader) -> Duration {
    let mut timeout = Duration::from_secs(default_seconds);
    reader.set(&mut timeout, name, value, duration(SHORTEST..=LONGEST));
    timeout
}
