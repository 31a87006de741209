//! What is connected to.

use std::fmt::{self, Debug, Formatter};

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

/// A database that can be connected to; its `Debug` shows no secret.
#[derive(Clone)]
pub enum DatabaseTarget {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

impl Debug for DatabaseTarget {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(_) => formatter.write_str("Sqlite"),
            Self::Postgres(_) => formatter.write_str("Postgres"),
        }
    }
}

/// A database as the settings name it.
pub(super) struct Database {
    pub(super) target: DatabaseTarget,
    pub(super) token_required: bool,
    pub(super) in_memory: bool,
}

impl Database {
    pub(super) fn postgres(options: PgConnectOptions) -> Self {
        Self {
            target: DatabaseTarget::Postgres(Box::new(options)),
            token_required: false,
            in_memory: false,
        }
    }
}
