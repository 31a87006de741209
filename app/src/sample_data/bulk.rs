//! Bulk loader: COPY on PostgreSQL, prepared statements of many rows on SQLite.

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, PgPool};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait,
    IdenStatic, Statement, Value,
};

use super::options::{LastIds, SeedOptions};
use super::rows::SampleData;
use super::{BATCH, LAST_IDS, LOCK_POSTGRES, batches, finish};
use crate::restaurants::{restaurant, review};

const RESTAURANT: [restaurant::Column; 4] = {
    use restaurant::Column::{Description, Id, Name, StreetAddress};
    [Id, Name, StreetAddress, Description]
};
const REVIEW: [review::Column; 6] = {
    use review::Column::{Id, Rating, Restaurant, ReviewDate, ReviewText, UserName};
    [Id, Restaurant, UserName, Rating, ReviewText, ReviewDate]
};

/// 64 MiB of page cache for SQLite's indexes, which are written in random order.
const SQLITE_CACHE: &str = "PRAGMA cache_size = -65536";

/// COPY data is sent in pieces of about this many bytes.
const CHUNK_SIZE: usize = 256 * 1024;

/// Loads everything into PostgreSQL or nothing; false if there is data that the options say to keep.
pub(super) async fn copy(
    pool: &PgPool,
    data: &SampleData,
    options: &SeedOptions,
    progress: &ProgressBar,
) -> anyhow::Result<bool> {
    let mut transaction = pool.begin().await?;
    let connection = &mut *transaction;
    sqlx::raw_sql(LOCK_POSTGRES)
        .execute(&mut *connection)
        .await?;
    let (restaurant, review) = sqlx::query_as(LAST_IDS).fetch_one(&mut *connection).await?;
    let Some(first) = options.first_ids(LastIds { restaurant, review })? else {
        return Ok(false);
    };
    let restaurants = data.restaurants(first.restaurant);
    copy_rows::<restaurant::Entity>(connection, &RESTAURANT, restaurants, progress).await?;
    let reviews = data.reviews(first.restaurant, first.review);
    copy_rows::<review::Entity>(connection, &REVIEW, reviews, progress).await?;
    let finish = finish(DbBackend::Postgres);
    sqlx::raw_sql(AssertSqlSafe(finish))
        .execute(connection)
        .await?;
    transaction.commit().await.context("the commit failed")?;
    Ok(true)
}

async fn copy_rows<E: EntityTrait>(
    connection: &mut PgConnection,
    columns: &[E::Column],
    rows: impl Iterator<Item = E::ActiveModel>,
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    let statement = format!("COPY {} FROM STDIN", table_and_columns::<E>(columns));
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut piece = String::with_capacity(2 * CHUNK_SIZE);
    for row in rows {
        let fields: Result<Vec<_>, _> = columns
            .iter()
            .map(|column| copy_field(row.get(*column).into_value()))
            .collect();
        piece.push_str(&fields?.join("\t"));
        piece.push('\n');
        progress.inc(1);
        if piece.len() >= CHUNK_SIZE {
            copy.send(piece.as_bytes()).await?;
            piece.clear();
        }
    }
    copy.send(piece.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// A value in COPY's text format. The sample data has no nulls and no characters that need escapes.
fn copy_field(value: Option<Value>) -> anyhow::Result<String> {
    Ok(match value {
        Some(Value::Int(Some(number))) => number.to_string(),
        Some(Value::String(Some(text))) => text,
        Some(Value::TimeDateTime(Some(time))) => format!("{} {}", time.date(), time.time()),
        other => bail!("no COPY format for {other:?}"),
    })
}

/// Inserts the rows into SQLite.
pub(super) async fn insert(
    transaction: &DatabaseTransaction,
    restaurants: impl Iterator<Item = restaurant::ActiveModel>,
    reviews: impl Iterator<Item = review::ActiveModel>,
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    transaction.execute_unprepared(SQLITE_CACHE).await?;
    insert_rows::<restaurant::Entity>(transaction, &RESTAURANT, restaurants, progress).await?;
    insert_rows::<review::Entity>(transaction, &REVIEW, reviews, progress).await
}

async fn insert_rows<E: EntityTrait>(
    transaction: &DatabaseTransaction,
    columns: &[E::Column],
    rows: impl Iterator<Item = E::ActiveModel>,
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let statement = |rows: usize| {
        let values = vec![row.as_str(); rows].join(", ");
        format!(
            "INSERT INTO {} VALUES {values}",
            table_and_columns::<E>(columns)
        )
    };
    // One text for all full batches, so that it is prepared once.
    let full = statement(BATCH);
    for batch in batches(rows) {
        progress.inc(batch.len() as u64);
        let sql = if batch.len() == BATCH {
            full.clone()
        } else {
            statement(batch.len())
        };
        let values = batch.iter().flat_map(|row| {
            columns
                .iter()
                .filter_map(|column| row.get(*column).into_value())
        });
        let insert = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        transaction.execute_raw(insert).await?;
    }
    Ok(())
}

fn table_and_columns<E: EntityTrait>(columns: &[E::Column]) -> String {
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    format!("{} ({})", E::default().table_name(), names.join(", "))
}
