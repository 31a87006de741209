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
