//! Options of `app seed`, and what they allow.

use anyhow::{Context as _, bail};
use clap::value_parser;
use sea_orm::FromQueryResult;

/// Flags of `app seed`.
#[derive(clap::Args, Debug, Clone)]
pub struct SeedOptions {
    /// Number of restaurants to load (1 to 1,000,000)
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub restaurants: u32,
    /// Number of reviews of these restaurants to load (0 to 10,000,000)
    #[arg(long, value_name = "M", default_value_t = 3000, value_parser = value_parser!(u32).range(..=10_000_000))]
    pub reviews: u32,
    /// Seed of the random generator: the same seed and numbers give the same rows
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Add to a database that has data already
    #[arg(long, conflicts_with = "if_empty")]
    pub append: bool,
    /// Load nothing, without an error, if the database has data already
    #[arg(long)]
    pub if_empty: bool,
}

/// The highest ids of the tables; none in an empty table.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub(super) struct LastIds {
    pub(super) restaurant: Option<i32>,
    pub(super) review: Option<i32>,
}

/// The ids of the first new rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FirstIds {
    pub(super) restaurant: i32,
    pub(super) review: i32,
}

impl SeedOptions {
    /// The number of rows of both tables.
    pub(super) fn row_count(&self) -> u32 {
        self.restaurants + self.reviews
    }

    /// The ids after the highest ones; `None` if the database has data that must not be changed.
    ///
    /// # Errors
    /// When there is data and no option says what to do, or when the ids would exceed 2,147,483,647.
    pub(super) fn first_ids(&self, last: LastIds) -> anyhow::Result<Option<FirstIds>> {
        let has_data = last.restaurant.is_some() || last.review.is_some();
        if has_data && self.if_empty {
            return Ok(None);
        }
        if has_data && !self.append {
            bail!(
                "the database holds data already; \
                 add to it with --append, or name an empty database"
            );
        }
        Ok(Some(FirstIds {
            restaurant: first_id(last.restaurant, self.restaurants)?,
            review: first_id(last.review, self.reviews)?,
        }))
    }
}

/// # Errors
/// When the last of `count` ids does not fit.
fn first_id(last: Option<i32>, count: u32) -> anyhow::Result<i32> {
    let last = last.unwrap_or(0).max(0);
    let end = i64::from(last) + i64::from(count);
    i32::try_from(end)
        .with_context(|| format!("there are not enough ids after {last} for {count} rows"))?;
    Ok(last.saturating_add(1))
}
