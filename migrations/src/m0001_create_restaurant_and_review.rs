//! The example's tables `restaurant` and `review`, and their indexes. Earlier builds have created a search index too.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, integer_null, pk_auto, string_len, string_len_null, timestamp,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The submission key of a review is unique with its restaurant, so that reviews can be distributed by it.
const INDEXES: [&str; 3] = [
    "CREATE INDEX restaurant_by_name ON restaurant (sort_name, id)",
    "CREATE UNIQUE INDEX restaurant_by_submission_key ON restaurant (submission_key)",
    "CREATE UNIQUE INDEX review_by_submission_key ON review (restaurant, submission_key)",
];

/// The expressions that `restaurants::adopted` sorts reviews by.
const SQLITE_REVIEW_INDEX: &str = "CREATE INDEX review_by_date
    ON review (restaurant, strftime('%Y-%m-%d %H:%M:%f', review_date), id)";
const POSTGRES_REVIEW_INDEX: &str = "CREATE INDEX review_by_date ON review (restaurant, (LEAST(
    GREATEST(review_date, timestamp '0001-01-01'), timestamp '9999-12-31 23:59:59.999999')), id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// All or nothing on SQLite too, where several instances may start on one file.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager.create_table(restaurant(backend)).await?;
        manager.create_table(review()).await?;
        create_indexes(manager).await
    }

    /// Drops the indexes. The tables and their rows stay: the Python sample may have created them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [
            "restaurant_by_name",
            "restaurant_by_submission_key",
            "review_by_submission_key",
            "review_by_date",
        ] {
            manager
                .drop_index(Index::drop().name(name).to_owned())
                .await?;
        }
        Ok(())
    }
}

pub(crate) fn restaurant(backend: DbBackend) -> TableCreateStatement {
    let is_sqlite = backend == DbBackend::Sqlite;
    // SQLite can add a virtual column only, PostgreSQL before 18 a stored one only.
    let stored = !is_sqlite;
    let mut table = Table::create()
        .table("restaurant")
        .if_not_exists()
        .col(pk_auto("id"))
        .col(string_len("name", 50))
        .col(string_len("street_address", 50))
        .col(string_len("description", 250))
        .take();
    // The first 50 characters: an index entry has a size limit, and an adopted name may be longer.
    let (sort_name, first_characters) = if is_sqlite {
        (
            "varchar(50) COLLATE NOCASE",
            "substr(COALESCE(name, ''), 1, 50)",
        )
    } else {
        (
            r#"varchar(50) COLLATE "und-x-icu""#,
            "left(COALESCE(name, ''), 50)",
        )
    };
    table
        .col(
            ColumnDef::new("sort_name")
                .custom(sort_name)
                .generated(Expr::cust(first_characters), stored),
        )
        .col(string_len_null("submission_key", 64))
        .take()
}

pub(crate) fn review() -> TableCreateStatement {
    Table::create()
        .table("review")
        .if_not_exists()
        .col(pk_auto("id"))
        .col(integer("restaurant"))
        .col(string_len("user_name", 50))
        // Nullable, as the Python sample has it.
        .col(integer_null("rating"))
        .col(string_len("review_text", 500))
        .col(timestamp("review_date"))
        .col(string_len_null("submission_key", 64))
        .col(string_len_null("author_key", 120))
        .foreign_key(
            ForeignKey::create()
                .from("review", "restaurant")
                .to("restaurant", "id"),
        )
        .take()
}

async fn create_indexes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let review_by_date = match manager.get_database_backend() {
        DbBackend::Sqlite => SQLITE_REVIEW_INDEX,
        _ => POSTGRES_REVIEW_INDEX,
    };
    let db = manager.get_connection();
    for index in INDEXES.into_iter().chain([review_by_date]) {
        db.execute_unprepared(index).await?;
    }
    Ok(())
}
