//! The sample data into PostgreSQL: COPY, in one transaction.

use std::borrow::Cow;

use anyhow::Context;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, PgPool};

use super::options::{Ids, SeedOptions};
use super::progress::Progress;
use super::sample::{Restaurant, Review, SampleData};

/// Lifts the limits that are meant for a page, and lets one seed at a time write, without stopping readers.
const BEGIN: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    LOCK TABLE restaurant, review IN SHARE ROW EXCLUSIVE MODE";

const HAS_DATA: &str = "SELECT EXISTS (SELECT FROM restaurant) OR EXISTS (SELECT FROM review)";

const LAST_IDS: &str = "
    SELECT COALESCE((SELECT MAX(id) FROM restaurant), 0), COALESCE((SELECT MAX(id) FROM review), 0)";

const COPY_RESTAURANTS: &str = "
    COPY restaurant (id, name, street_address, description, review_count, rating_sum,
        rating_1_count, rating_2_count, rating_3_count, rating_4_count, rating_5_count) FROM STDIN";

const COPY_REVIEWS: &str = "
    COPY review (id, restaurant, user_name, rating, review_text, review_date) FROM STDIN";

/// The next id follows the highest one; a sequence that is ahead already stays there.
const MOVE_SEQUENCES: &str = "
    SELECT setval(sequence, GREATEST(last, COALESCE(pg_sequence_last_value(sequence), 1)))
    FROM (VALUES
        (pg_get_serial_sequence('restaurant', 'id')::regclass, (SELECT MAX(id) FROM restaurant)),
        (pg_get_serial_sequence('review', 'id')::regclass, (SELECT MAX(id) FROM review))
    ) AS highest (sequence, last)
    WHERE last IS NOT NULL";

/// Rows are sent in pieces of about this many bytes.
const PIECE: usize = 256 * 1024;

/// Loads everything or nothing; false when there was data and the options say to leave it.
pub(super) async fn load(
    pool: &PgPool,
    data: &SampleData,
    options: &SeedOptions,
    progress: &Progress,
) -> anyhow::Result<bool> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(BEGIN).execute(&mut *transaction).await?;
    let has_data = sqlx::query_scalar(HAS_DATA)
        .fetch_one(&mut *transaction)
        .await?;
    if !options.allow_load(has_data)? {
        return Ok(false);
    }
    let last_ids = sqlx::query_as(LAST_IDS)
        .fetch_one(&mut *transaction)
        .await?;
    let first_ids = options.first_ids(last_ids)?;
    copy_restaurants(&mut transaction, data, first_ids.restaurant, progress).await?;
    copy_reviews(&mut transaction, data, first_ids, progress).await?;
    progress.finish_rows();
    sqlx::query(MOVE_SEQUENCES)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("ANALYZE restaurant, review")
        .execute(&mut *transaction)
        .await?;
    transaction
        .commit()
        .await
        .context("the load was not committed")?;
    Ok(true)
}

async fn copy_restaurants(
    connection: &mut PgConnection,
    data: &SampleData,
    first_id: i32,
    progress: &Progress,
) -> anyhow::Result<()> {
    let lines = (first_id..)
        .zip(data.restaurants())
        .map(|(id, restaurant)| restaurant_line(id, &restaurant));
    copy(connection, COPY_RESTAURANTS, lines, progress).await
}

async fn copy_reviews(
    connection: &mut PgConnection,
    data: &SampleData,
    first_ids: Ids,
    progress: &Progress,
) -> anyhow::Result<()> {
    let lines = (first_ids.review..)
        .zip(data.reviews())
        .map(|(id, review)| review_line(id, first_ids.restaurant + review.restaurant, &review));
    copy(connection, COPY_REVIEWS, lines, progress).await
}

async fn copy(
    connection: &mut PgConnection,
    statement: &str,
    lines: impl Iterator<Item = String>,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut copy = connection.copy_in_raw(statement).await?;
    let mut piece = String::with_capacity(2 * PIECE);
    let mut rows = 0;
    for line in lines {
        piece.push_str(&line);
        rows += 1;
        if piece.len() >= PIECE {
            copy.send(piece.as_bytes()).await?;
            progress.advance(rows);
            piece.clear();
            rows = 0;
        }
    }
    copy.send(piece.as_bytes()).await?;
    copy.finish().await?;
    progress.advance(rows);
    Ok(())
}

fn restaurant_line(id: i32, restaurant: &Restaurant) -> String {
    let mut line = format!(
        "{id}\t{}\t{}\t{}\t{}\t{}",
        escape(&restaurant.name),
        escape(&restaurant.street_address),
        escape(&restaurant.description),
        restaurant.review_count(),
        restaurant.rating_sum(),
    );
    for count in restaurant.rating_counts {
        line.push('\t');
        line.push_str(&count.to_string());
    }
    line.push('\n');
    line
}

fn review_line(id: i32, restaurant: i32, review: &Review) -> String {
    format!(
        "{id}\t{restaurant}\t{}\t{}\t{}\t{} {}\n",
        escape(&review.user_name),
        review.rating,
        escape(&review.text),
        review.date.date(),
        review.date.time(),
    )
}

/// COPY's text format: a tab ends a field, a line break a row, and a backslash begins an escape.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '\t', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\t', "\\t")
        .replace('\n', "\\n")
        .replace('\r', "\\r");
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_separator_in_a_text_does_not_end_its_field() {
        assert_eq!(escape("a\tb\nc\rd\\e"), "a\\tb\\nc\\rd\\\\e");
        assert_eq!(escape("plain"), "plain");
    }
}
