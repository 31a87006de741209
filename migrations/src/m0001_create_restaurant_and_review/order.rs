//! The indexes over what each database sorts in its own way: names and dates.

use sea_orm_migration::prelude::*;

use super::execute;

/// A name by its beginning: a whole one that the sample let in without a limit would fit into no index.
/// SQLite keeps a date as text, which has more than one form.
const SQLITE_ORDER: &str = "
    ALTER TABLE restaurant ADD COLUMN sort_name varchar(50) COLLATE NOCASE
        GENERATED ALWAYS AS (substr(name, 1, 50)) VIRTUAL;
    CREATE INDEX restaurant_by_name ON restaurant (sort_name, id);
    CREATE INDEX review_by_date
        ON review (restaurant, strftime('%Y-%m-%d %H:%M:%f', review_date), id);";

const POSTGRES_ORDER: &str = r#"
    ALTER TABLE restaurant ADD COLUMN sort_name varchar(50) COLLATE "und-x-icu"
        GENERATED ALWAYS AS (left(name, 50)) STORED;
    CREATE INDEX restaurant_by_name ON restaurant (sort_name, id);
    CREATE INDEX review_by_date ON review (restaurant, review_date, id);"#;

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    execute(manager, SQLITE_ORDER, POSTGRES_ORDER).await
}

pub(super) async fn drop(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let both = "
        DROP INDEX restaurant_by_name;
        DROP INDEX review_by_date;
        ALTER TABLE restaurant DROP COLUMN sort_name;";
    execute(manager, both, both).await
}
