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

/// A date with a time zone becomes the same moment without one. The index cuts off the dates, `infinity`
/// among them, that no calendar here has.
const POSTGRES_ORDER: &str = r#"
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'review'::regclass
            AND attname = 'review_date' AND atttypid = 'timestamptz'::regtype)
        THEN
            ALTER TABLE review ALTER review_date TYPE timestamp USING review_date AT TIME ZONE 'UTC';
        END IF;
    END $$;
    ALTER TABLE restaurant ADD COLUMN sort_name varchar(50) COLLATE "und-x-icu"
        GENERATED ALWAYS AS (left(name, 50)) STORED;
    CREATE INDEX restaurant_by_name ON restaurant (sort_name, id);
    CREATE INDEX review_by_date ON review (restaurant, (LEAST(
        GREATEST(review_date, timestamp '0001-01-01'), timestamp '9999-12-31 23:59:59.999999')), id);"#;

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
