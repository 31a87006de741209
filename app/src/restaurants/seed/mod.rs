//! `app seed`: believable sample data, loaded in bulk, all or nothing.
//!
//! The rows are drawn one at a time, so that a million reviews need no more memory than a few.

mod grammar;
mod language;
mod profile;
mod sample;
mod options;
mod progress;
mod postgres;
mod sqlite;

use anyhow::{Context, bail};
use sea_orm::{DatabaseConnection, DbBackend};

pub use options::SeedOptions;
use progress::Progress;
use sample::SampleData;

/// Loads sample data into a migrated database, in one transaction, and says on stderr what was done.
///
/// # Errors
/// When an option is out of range, when the database holds data and no option says what to do,
/// or when the database refuses; in each case nothing has changed.
pub async fn seed(db: &DatabaseConnection, options: &SeedOptions) -> anyhow::Result<()> {
    options.check()?;
    let data = SampleData::new(options.restaurants, options.reviews, options.seed)?;
    let progress = Progress::new(u64::from(options.restaurants) + u64::from(options.reviews))?;
    let loaded = match db.get_database_backend() {
        DbBackend::Postgres => {
            postgres::load(db.get_postgres_connection_pool(), &data, options, &progress).await
        }
        DbBackend::Sqlite => {
            sqlite::load(db.get_sqlite_connection_pool(), &data, options, &progress).await
        }
        other => bail!("sample data cannot be loaded into {other:?}"),
    };
    progress.finish();
    if loaded.context("no sample data was loaded")? {
        eprintln!("{}", progress.summary(options.restaurants, options.reviews));
    } else {
        eprintln!("The database holds data already: nothing was loaded");
    }
    Ok(())
}
