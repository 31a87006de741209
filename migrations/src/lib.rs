//! Database migrations for SQLite and PostgreSQL, in order.
//!
//! Expand first, contract later: a migration adds what the new build needs and leaves what the old
//! one reads. A migration that removes something (a column, a table) or tightens a constraint has a
//! name ending in `_contract`; a build that does not know such a migration refuses to run on the database.

mod existing_tables; // domain: the check of tables that another program has created
pub mod folding;
pub mod search;

mod m0000_adopt_restaurant_tables; // domain: the example's tables as the Python sample creates them
mod m0001_create_restaurant_and_review; // domain: the example's tables
mod m0002_create_session;
mod m0003_count_restaurant_ratings; // domain: the counters of the ratings
mod m0004_index_reviews; // domain: indexes of the reviews
mod m0005_fold_search_words; // domain: the search of the example
mod m0006_create_idempotency_key;

use std::collections::HashSet;

pub use m0002_create_session::ensure_session_table;
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, EntityTrait, QueryOrder, Schema, Statement};
use sea_orm_migration::seaql_migrations;

/// Suffix of migrations that an older build cannot work with.
const CONTRACTING: &str = "_contract";

/// The migrations of this build.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0000_adopt_restaurant_tables::Migration), // domain: for the Python sample's tables
            Box::new(m0001_create_restaurant_and_review::Migration), // domain: the example's tables
            Box::new(m0002_create_session::Migration),
            Box::new(m0003_count_restaurant_ratings::Migration), // domain: the counters of the ratings
            Box::new(m0004_index_reviews::Migration),            // domain: indexes of the reviews
            Box::new(m0005_fold_search_words::Migration), // domain: the search of the example
            Box::new(m0006_create_idempotency_key::Migration),
        ]
    }

    /// Creates the table of the applied migrations. Reads first, since a role may have no right to create one.
    async fn install<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
        if has_migration_table(db).await? {
            return Ok(());
        }
        let schema = Schema::new(db.get_database_backend());
        let mut table = schema.create_table_from_entity(seaql_migrations::Entity);
        db.execute(table.if_not_exists()).await?;
        Ok(())
    }

    /// The applied migrations that this build knows.
    ///
    /// Expanding migrations of a newer build are ignored, so that roll-back and rolling restarts work.
    ///
    /// # Errors
    /// When a newer build has contracted the schema, or when the table cannot be read.
    async fn get_migration_models<C: ConnectionTrait>(
        db: &C,
    ) -> Result<Vec<seaql_migrations::Model>, DbErr> {
        Self::install(db).await?;
        let applied = seaql_migrations::Entity::find()
            .order_by_asc(seaql_migrations::Column::Version)
            .all(db)
            .await?;
        let files = Self::migrations();
        let known: HashSet<&str> = files.iter().map(|file| file.name()).collect();
        let (known, unknown): (Vec<_>, Vec<_>) = applied
            .into_iter()
            .partition(|migration| known.contains(migration.version.as_str()));
        match unknown
            .iter()
            .find(|migration| migration.version.ends_with(CONTRACTING))
        {
            Some(newer) => Err(DbErr::Migration(format!(
                "the database was changed by a newer build ({}) in a way that this build cannot work with; deploy that build or a newer one",
                newer.version
            ))),
            None => Ok(known),
        }
    }
}

impl Migrator {
    /// Whether a migration is to be applied. Only reads.
    ///
    /// # Errors
    /// When a newer build has contracted the schema, or when the database cannot be read.
    pub async fn has_pending(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        if !has_migration_table(db).await? {
            return Ok(true);
        }
        Ok(!Self::get_pending_migrations(db).await?.is_empty())
    }
}

/// The schema that tables are created in, quoted for SQL; for PostgreSQL.
pub(crate) async fn current_schema(manager: &SchemaManager<'_>) -> Result<String, DbErr> {
    let sql = "SELECT quote_ident(current_schema())";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = manager.get_connection().query_one_raw(statement).await?;
    let row =
        row.ok_or_else(|| DbErr::Migration("there is no schema to create tables in".to_owned()))?;
    row.try_get_by_index(0)
}

async fn has_migration_table(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Sqlite => "SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations'",
        _ => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
    };
    let statement = Statement::from_string(backend, sql);
    Ok(db.query_one_raw(statement).await?.is_some())
}
