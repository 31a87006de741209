//! The example domain's tables: created, or adopted where the Python sample has made and filled them.
//!
//! Every column added to the sample's is nullable, generated or has a default, so that an INSERT of
//! the sample's columns stays valid; no constraint is added that one of its rows could break.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

mod counters;
mod order;
mod search;
mod sequences;

use counters::{COUNT_REVIEWS, COUNTERS};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_create_restaurant_and_review"
    }
}

/// Index, its table and its columns; a submission key is unique where there is one.
const INDEXES: [(&str, &str, &[&str], bool); 3] = [
    (
        "restaurant_by_rating",
        "restaurant",
        &["rating_average", "id"],
        false,
    ),
    (
        "restaurant_by_submission_key",
        "restaurant",
        &["submission_key"],
        true,
    ),
    (
        "review_by_submission_key",
        "review",
        &["submission_key"],
        true,
    ),
];

/// The average in millionths, as an integer: an exact sort key and cursor on both databases.
const RATING_AVERAGE: &str = "CASE WHEN review_count > 0 \
    THEN CAST(rating_sum AS bigint) * 1000000 / review_count ELSE 0 END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// All or nothing on SQLite too, where several instances may start on one file.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_sample_tables(manager).await?;
        add_columns(manager).await?;
        add_indexes(manager).await?;
        manager
            .get_connection()
            .execute_unprepared(COUNT_REVIEWS)
            .await?;
        sequences::advance(manager).await?;
        order::create(manager).await?;
        search::create(manager).await
    }

    /// Takes away what `up` added; the sample's tables and their rows stay.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        search::drop(manager).await?;
        order::drop(manager).await?;
        for (name, table, ..) in INDEXES {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        drop_columns(manager, "restaurant", &["rating_average", "submission_key"]).await?;
        drop_columns(manager, "restaurant", &COUNTERS).await?;
        drop_columns(manager, "review", &["author_key", "submission_key"]).await
    }
}

async fn create_sample_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let restaurant = Table::create()
        .table("restaurant")
        .if_not_exists()
        .col(
            ColumnDef::new("id")
                .integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(ColumnDef::new("name").string_len(50).not_null())
        .col(ColumnDef::new("street_address").string_len(50).not_null())
        .col(ColumnDef::new("description").string_len(250).not_null())
        .to_owned();
    let review = Table::create()
        .table("review")
        .if_not_exists()
        .col(
            ColumnDef::new("id")
                .integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(ColumnDef::new("restaurant").integer().not_null())
        .col(ColumnDef::new("user_name").string_len(50).not_null())
        .col(ColumnDef::new("rating").integer())
        .col(ColumnDef::new("review_text").string_len(500).not_null())
        .col(ColumnDef::new("review_date").timestamp().not_null())
        .foreign_key(
            ForeignKey::create()
                .from("review", "restaurant")
                .to("restaurant", "id"),
        )
        .to_owned();
    manager.create_table(restaurant).await?;
    manager.create_table(review).await
}

async fn add_columns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for counter in COUNTERS {
        let column = ColumnDef::new(counter)
            .integer()
            .not_null()
            .default(0)
            .to_owned();
        add_column(manager, "restaurant", column).await?;
    }
    // SQLite can add a virtual column only, PostgreSQL before 18 a stored one only.
    let stored = manager.get_database_backend() != DbBackend::Sqlite;
    let average = ColumnDef::new("rating_average")
        .big_integer()
        .generated(Expr::cust(RATING_AVERAGE), stored)
        .to_owned();
    add_column(manager, "restaurant", average).await?;
    for table in ["restaurant", "review"] {
        let key = ColumnDef::new("submission_key").string_len(64).to_owned();
        add_column(manager, table, key).await?;
    }
    let author = ColumnDef::new("author_key").string_len(120).to_owned();
    add_column(manager, "review", author).await
}

/// One column a statement: SQLite knows no other way.
async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).add_column(column).to_owned())
        .await
}

async fn add_indexes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (name, table, columns, unique) in INDEXES {
        let mut index = Index::create().name(name).table(table).to_owned();
        for column in columns {
            index.col(*column);
        }
        if unique {
            index.unique();
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn drop_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    for column in columns {
        manager
            .alter_table(Table::alter().table(table).drop_column(*column).to_owned())
            .await?;
    }
    Ok(())
}

/// Runs what each database says in its own words.
async fn execute(manager: &SchemaManager<'_>, sqlite: &str, postgres: &str) -> Result<(), DbErr> {
    let statements = match manager.get_database_backend() {
        DbBackend::Sqlite => sqlite,
        _ => postgres,
    };
    manager
        .get_connection()
        .execute_unprepared(statements)
        .await?;
    Ok(())
}
