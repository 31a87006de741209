//! Adoption of a database that the Python sample has created: makes its tables fit the next migration.
//!
//! Does nothing to a database without such tables. Every added column is nullable, generated or has a
//! default, so that an INSERT of the sample's columns stays valid; no constraint is added that one of
//! the sample's rows could break.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use crate::existing_tables;
use crate::m0001_create_restaurant_and_review::{restaurant, review};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The sample's tables and columns.
const RESTAURANT_COLUMNS: [&str; 4] = ["id", "name", "street_address", "description"];
const REVIEW_COLUMNS: [&str; 6] = [
    "id",
    "restaurant",
    "user_name",
    "rating",
    "review_text",
    "review_date",
];

/// A column of both tables that the sample does not have.
pub(crate) const ADDED_COLUMN: &str = "submission_key";

/// A date with a time zone becomes the same moment in UTC without one.
const CONVERT_DATES: &str = "
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'review'::regclass
            AND attname = 'review_date' AND atttypid = 'timestamptz'::regtype)
        THEN
            ALTER TABLE review ALTER review_date TYPE timestamp USING review_date AT TIME ZONE 'UTC';
        END IF;
    END $$;";

/// Rows inserted with explicit ids, by a copy for example, leave PostgreSQL's sequence behind. Ids near
/// the last possible one are ignored: no ids would be left after them.
const ADVANCE_SEQUENCE: &str = "
    SELECT setval(pg_get_serial_sequence('{table}', 'id'),
        GREATEST(max(id), nextval(pg_get_serial_sequence('{table}', 'id'))))
    FROM {table} WHERE id < 2000000000 HAVING count(*) > 0;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let db = manager.get_connection();
        existing_tables::make_compatible(manager).await?;
        adopt(manager, "restaurant", &restaurant(backend)).await?;
        let reviews = adopt(manager, "review", &review()).await?;
        if reviews && backend == DbBackend::Postgres {
            db.execute_unprepared(CONVERT_DATES).await?;
        }
        Ok(())
    }

    /// Drops the added columns: the sample's columns and their rows stay.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        drop_added_columns(manager, "review", &review(), &REVIEW_COLUMNS).await?;
        let restaurant = restaurant(backend);
        drop_added_columns(manager, "restaurant", &restaurant, &RESTAURANT_COLUMNS).await
    }
}

/// Adds the missing columns to a table of the sample; `false` where there is no such table.
async fn adopt(
    manager: &SchemaManager<'_>,
    table: &'static str,
    definition: &TableCreateStatement,
) -> Result<bool, DbErr> {
    if !manager.has_table(table).await? || manager.has_column(table, ADDED_COLUMN).await? {
        return Ok(false);
    }
    // One column per statement: SQLite accepts no more.
    for column in definition.get_columns() {
        if !manager.has_column(table, column.get_column_name()).await? {
            let added = Table::alter()
                .table(table)
                .add_column(column.clone())
                .take();
            manager.alter_table(added).await?;
        }
    }
    if manager.get_database_backend() == DbBackend::Postgres {
        let advance = ADVANCE_SEQUENCE.replace("{table}", table);
        manager
            .get_connection()
            .execute_unprepared(&advance)
            .await?;
    }
    Ok(true)
}

async fn drop_added_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    definition: &TableCreateStatement,
    kept: &[&str],
) -> Result<(), DbErr> {
    // Generated columns are defined after the columns that they are computed from.
    for column in definition.get_columns().iter().rev() {
        let name = column.get_column_name();
        if !kept.contains(&name.as_str()) {
            manager
                .alter_table(Table::alter().table(table).drop_column(name).take())
                .await?;
        }
    }
    Ok(())
}
