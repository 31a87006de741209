//! The table `restaurant_rating`: counters of the ratings from 1 to 5, kept by triggers for every program that writes reviews.
//!
//! A narrow table, because an update of `restaurant` enters all its words into the search index again.
//! Databases of earlier builds keep the counters in `restaurant`, which those builds go on writing.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use crate::current_schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// `rank` orders restaurants by a shrunken average, in millionths: as if there were five more reviews of 3.5,
/// so that one review of 5 does not outrank hundreds of 4.7 on average.
const CREATE_TABLE: &str = "
    CREATE TABLE restaurant_rating (
        restaurant integer NOT NULL PRIMARY KEY
            REFERENCES restaurant (id) ON UPDATE CASCADE ON DELETE CASCADE,
        review_count integer NOT NULL DEFAULT 0,
        rating_sum integer NOT NULL DEFAULT 0,
        rating_1_count integer NOT NULL DEFAULT 0,
        rating_2_count integer NOT NULL DEFAULT 0,
        rating_3_count integer NOT NULL DEFAULT 0,
        rating_4_count integer NOT NULL DEFAULT 0,
        rating_5_count integer NOT NULL DEFAULT 0,
        rating_average bigint GENERATED ALWAYS AS (CASE WHEN review_count > 0
            THEN CAST(rating_sum AS bigint) * 1000000 / review_count ELSE 0 END) STORED,
        rank bigint GENERATED ALWAYS AS (CASE WHEN review_count > 0
            THEN (CAST(rating_sum AS bigint) * 1000000 + 17500000) / (review_count + 5) ELSE 0 END) STORED
    )";

const CREATE_INDEX: &str =
    "CREATE INDEX restaurant_rating_by_rank ON restaurant_rating (rank, restaurant)";

const COLUMNS: &str = "restaurant, review_count, rating_sum,
    rating_1_count, rating_2_count, rating_3_count, rating_4_count, rating_5_count";

/// The counters of a set of reviews.
const TOTALS: &str = "COUNT(rating) AS review_count, COALESCE(SUM(rating), 0) AS rating_sum,
    COUNT(CASE WHEN rating = 1 THEN 1 END) AS rating_1_count,
    COUNT(CASE WHEN rating = 2 THEN 1 END) AS rating_2_count,
    COUNT(CASE WHEN rating = 3 THEN 1 END) AS rating_3_count,
    COUNT(CASE WHEN rating = 4 THEN 1 END) AS rating_4_count,
    COUNT(CASE WHEN rating = 5 THEN 1 END) AS rating_5_count";

const RECOUNT: &str = "
    INSERT INTO restaurant_rating ({columns})
    SELECT restaurant.id, {totals} FROM restaurant
    LEFT JOIN review ON review.restaurant = restaurant.id AND rating IN (1, 2, 3, 4, 5)
    GROUP BY restaurant.id";

/// SQLite has row triggers only. The table's row may have outlived its restaurant, where that was deleted by a
/// program that does not enforce foreign keys.
const SQLITE_TRIGGERS: [&str; 5] = [
    "CREATE TRIGGER restaurant_rating_insert AFTER INSERT ON restaurant BEGIN
        INSERT OR REPLACE INTO restaurant_rating ({columns})
        SELECT new.id, {totals} FROM review
        WHERE restaurant = new.id AND rating IN (1, 2, 3, 4, 5);
    END",
    "CREATE TRIGGER restaurant_rating_delete AFTER DELETE ON restaurant BEGIN
        DELETE FROM restaurant_rating WHERE restaurant = old.id;
    END",
    "CREATE TRIGGER review_rating_insert AFTER INSERT ON review
    WHEN new.rating IN (1, 2, 3, 4, 5) BEGIN {add} END",
    "CREATE TRIGGER review_rating_delete AFTER DELETE ON review
    WHEN old.rating IN (1, 2, 3, 4, 5) BEGIN {subtract} END",
    "CREATE TRIGGER review_rating_update AFTER UPDATE OF restaurant, rating ON review BEGIN
        {subtract} {add}
    END",
];

/// Counts one review of the row `{row}` up or down. A counter that another program has reset never falls below 0.
const SQLITE_CHANGE: &str = "
    UPDATE restaurant_rating SET
        review_count = max(review_count {sign} 1, 0),
        rating_sum = max(rating_sum {sign} {row}.rating, 0),
        rating_1_count = max(rating_1_count {sign} ({row}.rating = 1), 0),
        rating_2_count = max(rating_2_count {sign} ({row}.rating = 2), 0),
        rating_3_count = max(rating_3_count {sign} ({row}.rating = 3), 0),
        rating_4_count = max(rating_4_count {sign} ({row}.rating = 4), 0),
        rating_5_count = max(rating_5_count {sign} ({row}.rating = 5), 0)
    WHERE restaurant = {row}.restaurant AND {row}.rating IN (1, 2, 3, 4, 5);";

/// No review may be written between the recount and the triggers. The order is that of the site's own
/// transactions: the review first.
const POSTGRES_LOCKS: [&str; 2] = [
    "LOCK TABLE review IN SHARE ROW EXCLUSIVE MODE",
    "LOCK TABLE restaurant IN SHARE ROW EXCLUSIVE MODE",
];

/// Statement triggers, so that a bulk load counts each restaurant once. The functions have the rights of their
/// owner: a role that may only write reviews need not know of this table. A trigger on several events cannot
/// have transition tables.
const POSTGRES_TRIGGERS: [&str; 11] = [
    "CREATE FUNCTION restaurant_rating_insert() {options} AS $$ BEGIN
        INSERT INTO restaurant_rating ({columns})
        SELECT added.id, counted.* FROM added CROSS JOIN LATERAL (
            SELECT {totals} FROM review
            WHERE review.restaurant = added.id AND rating IN (1, 2, 3, 4, 5)
        ) AS counted;
        RETURN NULL;
    END $$",
    "CREATE FUNCTION review_rating_insert() {options} AS $$ {change} $$",
    "CREATE FUNCTION review_rating_delete() {options} AS $$ {change} $$",
    "CREATE FUNCTION review_rating_update() {options} AS $$ {change} $$",
    "CREATE FUNCTION review_rating_truncate() {options} AS $$ BEGIN
        UPDATE restaurant_rating SET review_count = 0, rating_sum = 0, rating_1_count = 0,
            rating_2_count = 0, rating_3_count = 0, rating_4_count = 0, rating_5_count = 0;
        RETURN NULL;
    END $$",
    "REVOKE ALL ON FUNCTION restaurant_rating_insert, review_rating_insert, review_rating_delete,
        review_rating_update, review_rating_truncate FROM PUBLIC",
    "CREATE TRIGGER restaurant_rating_insert AFTER INSERT ON restaurant
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION restaurant_rating_insert()",
    "CREATE TRIGGER review_rating_insert AFTER INSERT ON review
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION review_rating_insert()",
    "CREATE TRIGGER review_rating_delete AFTER DELETE ON review
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION review_rating_delete()",
    "CREATE TRIGGER review_rating_update AFTER UPDATE ON review
        REFERENCING OLD TABLE AS removed NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION review_rating_update()",
    "CREATE TRIGGER review_rating_truncate AFTER TRUNCATE ON review
        FOR EACH STATEMENT EXECUTE FUNCTION review_rating_truncate()",
];

/// A temporary table must not stand in for one of ours where the rights are the owner's.
const POSTGRES_OPTIONS: &str =
    "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp";

/// One restaurant after the other in the order of their ids: two statements never wait for each other.
const POSTGRES_CHANGE: &str = "
    DECLARE change record;
    BEGIN
        FOR change IN
            SELECT restaurant, SUM(step) AS reviews, SUM(step * rating) AS ratings,
                SUM(CASE rating WHEN 1 THEN step ELSE 0 END) AS ratings_1,
                SUM(CASE rating WHEN 2 THEN step ELSE 0 END) AS ratings_2,
                SUM(CASE rating WHEN 3 THEN step ELSE 0 END) AS ratings_3,
                SUM(CASE rating WHEN 4 THEN step ELSE 0 END) AS ratings_4,
                SUM(CASE rating WHEN 5 THEN step ELSE 0 END) AS ratings_5
            FROM ({changed}) AS changed
            WHERE rating BETWEEN 1 AND 5 GROUP BY restaurant ORDER BY restaurant
        LOOP
            UPDATE restaurant_rating SET
                review_count = GREATEST(review_count + change.reviews, 0),
                rating_sum = GREATEST(rating_sum + change.ratings, 0),
                rating_1_count = GREATEST(rating_1_count + change.ratings_1, 0),
                rating_2_count = GREATEST(rating_2_count + change.ratings_2, 0),
                rating_3_count = GREATEST(rating_3_count + change.ratings_3, 0),
                rating_4_count = GREATEST(rating_4_count + change.ratings_4, 0),
                rating_5_count = GREATEST(rating_5_count + change.ratings_5, 0)
            WHERE restaurant = change.restaurant;
        END LOOP;
        RETURN NULL;
    END";

const ADDED: &str = "SELECT restaurant, rating, 1 AS step FROM added";
const REMOVED: &str = "SELECT restaurant, rating, -1 AS step FROM removed";

const DROP_TRIGGERS: [(&str, &str); 6] = [
    ("restaurant", "restaurant_rating_insert"),
    ("restaurant", "restaurant_rating_delete"),
    ("review", "review_rating_insert"),
    ("review", "review_rating_delete"),
    ("review", "review_rating_update"),
    ("review", "review_rating_truncate"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
        let triggers = if is_sqlite {
            SQLITE_TRIGGERS.map(sqlite_trigger).to_vec()
        } else {
            run(manager, POSTGRES_LOCKS).await?;
            let schema = current_schema(manager).await?;
            let triggers = POSTGRES_TRIGGERS.iter();
            triggers.map(|sql| postgres_trigger(sql, &schema)).collect()
        };
        let recount = with_columns(RECOUNT);
        run(manager, [CREATE_TABLE, &recount, CREATE_INDEX]).await?;
        run(manager, triggers.iter().map(String::as_str)).await
    }

    /// Drops the counters and their triggers; the reviews stay.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in DROP_TRIGGERS {
            let drop = match manager.get_database_backend() {
                DbBackend::Sqlite => [format!("DROP TRIGGER IF EXISTS {name}"), String::new()],
                _ => [
                    format!("DROP TRIGGER IF EXISTS {name} ON {table}"),
                    format!("DROP FUNCTION IF EXISTS {name}()"),
                ],
            };
            run(manager, drop.iter().map(String::as_str)).await?;
        }
        run(manager, ["DROP TABLE restaurant_rating"]).await
    }
}

/// One statement in each message.
async fn run<'a>(
    manager: &SchemaManager<'_>,
    statements: impl IntoIterator<Item = &'a str>,
) -> Result<(), DbErr> {
    for statement in statements.into_iter().filter(|sql| !sql.is_empty()) {
        let db = manager.get_connection();
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}

fn with_columns(sql: &str) -> String {
    sql.replace("{columns}", COLUMNS)
        .replace("{totals}", TOTALS)
}

fn sqlite_trigger(sql: &str) -> String {
    let change = |row, sign| SQLITE_CHANGE.replace("{row}", row).replace("{sign}", sign);
    with_columns(sql)
        .replace("{add}", &change("new", "+"))
        .replace("{subtract}", &change("old", "-"))
}

fn postgres_trigger(sql: &str, schema: &str) -> String {
    let changed = if sql.contains("review_rating_insert") {
        ADDED.to_owned()
    } else if sql.contains("review_rating_delete") {
        REMOVED.to_owned()
    } else {
        format!("{ADDED} UNION ALL {REMOVED}")
    };
    with_columns(sql)
        .replace("{change}", POSTGRES_CHANGE)
        .replace("{changed}", &changed)
        .replace("{options}", POSTGRES_OPTIONS)
        .replace("{schema}", schema)
}
