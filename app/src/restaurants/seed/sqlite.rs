//! The sample data into SQLite: many rows a statement, in one transaction.

use anyhow::Context;
use sea_orm::sqlx::query_builder::QueryBuilder;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{self, SqlitePool};

use super::options::{Ids, SeedOptions};
use super::progress::Progress;
use super::sample::{Restaurant, Review, SampleData};

const HAS_DATA: &str = "SELECT EXISTS (SELECT 1 FROM restaurant) OR EXISTS (SELECT 1 FROM review)";

const LAST_IDS: &str = "
    SELECT COALESCE((SELECT MAX(id) FROM restaurant), 0), COALESCE((SELECT MAX(id) FROM review), 0)";

const INSERT_RESTAURANTS: &str = "
    INSERT INTO restaurant (id, review_count, rating_sum, name, street_address, description,
        rating_1_count, rating_2_count, rating_3_count, rating_4_count, rating_5_count) ";

const INSERT_REVIEWS: &str = "
    INSERT INTO review (id, restaurant, user_name, rating, review_text, review_date) ";

/// Rows a statement: SQLite takes at most 32,766 values in one.
const ROWS: usize = 500;

/// The index of the reviews is written out of order: 64 MiB, in KiB, keep it off the disk until the end.
const CACHE: &str = "PRAGMA cache_size = -65536";

/// Loads everything or nothing; false when there was data and the options say to leave it.
pub(super) async fn load(
    pool: &SqlitePool,
    data: &SampleData,
    options: &SeedOptions,
    progress: &Progress,
) -> anyhow::Result<bool> {
    // The only writer from here on: another seed waits for as long as a statement may, or is refused.
    let mut transaction = pool
        .begin_with("BEGIN IMMEDIATE")
        .await
        .context("the database is not free to write; if another process fills it, try again when that has finished")?;
    let has_data = sqlx::query_scalar(HAS_DATA)
        .fetch_one(&mut *transaction)
        .await?;
    if !options.allow_load(has_data)? {
        return Ok(false);
    }
    sqlx::query(CACHE).execute(&mut *transaction).await?;
    let last_ids = sqlx::query_as(LAST_IDS)
        .fetch_one(&mut *transaction)
        .await?;
    let first_ids = options.first_ids(last_ids)?;
    insert_restaurants(&mut transaction, data, first_ids.restaurant, progress).await?;
    insert_reviews(&mut transaction, data, first_ids, progress).await?;
    progress.finish_rows();
    transaction
        .commit()
        .await
        .context("the load was not committed")?;
    Ok(true)
}

async fn insert_restaurants(
    connection: &mut SqliteConnection,
    data: &SampleData,
    first_id: i32,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut restaurants = (first_id..).zip(data.restaurants());
    loop {
        let batch: Vec<(i32, Restaurant)> = restaurants.by_ref().take(ROWS).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let rows = batch.len();
        QueryBuilder::new(INSERT_RESTAURANTS)
            .push_values(batch, |mut row, (id, restaurant)| {
                row.push_bind(id)
                    .push_bind(restaurant.review_count())
                    .push_bind(restaurant.rating_sum())
                    .push_bind(restaurant.name)
                    .push_bind(restaurant.street_address)
                    .push_bind(restaurant.description);
                for count in restaurant.rating_counts {
                    row.push_bind(count);
                }
            })
            .build()
            .execute(&mut *connection)
            .await?;
        progress.advance(rows);
    }
}

async fn insert_reviews(
    connection: &mut SqliteConnection,
    data: &SampleData,
    first_ids: Ids,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut reviews = (first_ids.review..).zip(data.reviews());
    loop {
        let batch: Vec<(i32, Review)> = reviews.by_ref().take(ROWS).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let rows = batch.len();
        QueryBuilder::new(INSERT_REVIEWS)
            .push_values(batch, |mut row, (id, review)| {
                row.push_bind(id)
                    .push_bind(first_ids.restaurant + review.restaurant)
                    .push_bind(review.user_name)
                    .push_bind(review.rating)
                    .push_bind(review.text)
                    .push_bind(review.date);
            })
            .build()
            .execute(&mut *connection)
            .await?;
        progress.advance(rows);
    }
}
