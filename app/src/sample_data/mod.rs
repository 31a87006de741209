//! Sample data for the example domain, loaded by `app seed` in one transaction.
//!
//! `insert` shows the plain way, SeaORM's `insert_many`. Only loads of more than
//! `BULK_THRESHOLD` rows need `bulk`; without it everything works, a million rows take longer.

mod bulk;
mod options;
mod rows;

use anyhow::Context as _;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    FromQueryResult as _, Statement,
};

use crate::database::begin_write;
use crate::restaurants::{restaurant, review};
use options::LastIds;
pub use options::SeedOptions;
use rows::SampleData;

/// More rows than this are loaded by the bulk loader.
const BULK_THRESHOLD: u32 = 10_000;

/// Rows per INSERT: SQLite accepts 32,766 values in one statement.
const BATCH: usize = 500;

const PROGRESS: &str = "{msg} {wide_bar} {human_pos}/{human_len} rows, {per_sec:.0}, {eta} left";

/// Lifts the limits for statements of a page, and locks the tables against other writers; reads are not blocked.
const LOCK_POSTGRES: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    LOCK TABLE restaurant, review IN SHARE ROW EXCLUSIVE MODE";

/// The highest ids; null in an empty table.
const LAST_IDS: &str = "
    SELECT (SELECT MAX(id) FROM restaurant) AS restaurant, (SELECT MAX(id) FROM review) AS review";

/// Moves the sequences past the explicit ids; a sequence that is ahead already stays there.
const MOVE_SEQUENCES: &str = "
    SELECT setval(sequence, GREATEST(last, COALESCE(pg_sequence_last_value(sequence), 1)))
    FROM (VALUES
        (pg_get_serial_sequence('restaurant', 'id')::regclass, (SELECT MAX(id) FROM restaurant)),
        (pg_get_serial_sequence('review', 'id')::regclass, (SELECT MAX(id) FROM review))
    ) AS highest (sequence, last)
    WHERE last IS NOT NULL";

const ANALYZE: &str = "ANALYZE restaurant; ANALYZE restaurant_rating; ANALYZE review";

/// Loads sample data into a migrated database and prints a summary to stderr.
///
/// # Errors
/// When the database has data and no option says what to do with
/// it, or when a statement fails. Nothing has been loaded then.
pub async fn seed(db: &DatabaseConnection, options: &SeedOptions) -> anyhow::Result<()> {
    let data = SampleData::new(options.restaurants, options.reviews, options.seed)?;
    let progress = ProgressBar::new(options.row_count().into())
        .with_style(ProgressStyle::with_template(PROGRESS)?)
        .with_message("Loading");
    let is_bulk = options.row_count() > BULK_THRESHOLD;
    let loaded = if is_bulk && db.get_database_backend() == DbBackend::Postgres {
        bulk::copy(db.get_postgres_connection_pool(), &data, options, &progress).await
    } else {
        insert(db, &data, options, &progress).await
    };
    progress.finish_and_clear();
    if loaded.context("no sample data was loaded")? {
        eprintln!(
            "Loaded {} restaurants and {} reviews in {:.1} s",
            HumanCount(options.restaurants.into()),
            HumanCount(options.reviews.into()),
            progress.elapsed().as_secs_f64(),
        );
    } else {
        eprintln!("The database already contains data: nothing was loaded");
    }
    Ok(())
}

/// Loads everything or nothing; false if there is data that the options say to keep.
async fn insert(
    db: &DatabaseConnection,
    data: &SampleData,
    options: &SeedOptions,
    progress: &ProgressBar,
) -> anyhow::Result<bool> {
    let transaction = begin(db).await?;
    let last = Statement::from_string(transaction.get_database_backend(), LAST_IDS);
    let last = LastIds::find_by_statement(last).one(&transaction).await?;
    let Some(first) = options.first_ids(last.unwrap_or_default())? else {
        return Ok(false);
    };
    let restaurants = data.restaurants(first.restaurant);
    let reviews = data.reviews(first.restaurant, first.review);
    if options.row_count() > BULK_THRESHOLD {
        bulk::insert(&transaction, restaurants, reviews, progress).await?;
    } else {
        insert_many::<restaurant::Entity>(&transaction, restaurants, progress).await?;
        insert_many::<review::Entity>(&transaction, reviews, progress).await?;
    }
    transaction
        .execute_unprepared(&finish(transaction.get_database_backend()))
        .await?;
    transaction.commit().await.context("the commit failed")?;
    Ok(true)
}

async fn begin(db: &DatabaseConnection) -> anyhow::Result<DatabaseTransaction> {
    let transaction = begin_write(db).await.context(
        "the database is locked; if another process is writing to it, try again when it has finished",
    )?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(LOCK_POSTGRES).await?;
    }
    Ok(transaction)
}

async fn insert_many<E: EntityTrait>(
    transaction: &DatabaseTransaction,
    rows: impl Iterator<Item = E::ActiveModel>,
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    for batch in batches(rows) {
        progress.inc(batch.len() as u64);
        E::insert_many(batch)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Updates sequences and statistics after the rows. The triggers of the database have counted the ratings.
fn finish(backend: DbBackend) -> String {
    if backend == DbBackend::Postgres {
        format!("{MOVE_SEQUENCES}; {ANALYZE}")
    } else {
        ANALYZE.to_owned()
    }
}

/// Vectors of up to [`BATCH`] rows.
fn batches<T>(mut rows: impl Iterator<Item = T>) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let batch: Vec<T> = rows.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests;
