//! Which database, and how much of it.

mod postgres;
mod source;
mod sqlite;
mod target;

use std::time::Duration;

use source::{Database, read_database};
pub use target::DatabaseTarget;

use super::reader::Reader;
use super::settings::DatabaseSettings;
use super::units::{LONGEST, duration, number};

const SHORTEST: Duration = Duration::from_millis(1);

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
        // Three instances and their successors of a rolling restart fit into the 35 connections of a Standard_B1ms server.
        let mut pool_size = 10;
        let mut pool_timeout = Duration::from_secs(3);
        let mut statement_timeout = Duration::from_secs(5);
        let size = settings.database_pool_size.as_deref();
        reader.set(&mut pool_size, "DATABASE_POOL_SIZE", size, number(1..=1000));
        let wait = settings.database_pool_timeout.as_deref();
        reader.set(
            &mut pool_timeout,
            "DATABASE_POOL_TIMEOUT",
            wait,
            duration(SHORTEST..=LONGEST),
        );
        let run = settings.database_timeout.as_deref();
        reader.set(
            &mut statement_timeout,
            "DATABASE_TIMEOUT",
            run,
            duration(SHORTEST..=LONGEST),
        );
        let database = read_database(settings, on_app_service, reader)?;
        // Every connection to an in-memory database would see a database of its own.
        let pool_size = if database.in_memory { 1 } else { pool_size };
        let Database {
            target,
            token_required,
            ..
        } = database;
        Some(Self {
            target,
            token_required,
            pool_size,
            pool_timeout,
            statement_timeout,
        })
    }
}
