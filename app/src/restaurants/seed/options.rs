//! What `app seed` is asked for, and whether it may be done.

use anyhow::{Context, bail, ensure};

/// Sizes that a laptop's disk holds; beyond them the ids would run out first.
const MAX_RESTAURANTS: u32 = 1_000_000;
const MAX_REVIEWS: u32 = 10_000_000;

/// Flags of `app seed`.
#[derive(clap::Args, Debug, Clone)]
pub struct SeedOptions {
    /// How many restaurants to load (1 to 1,000,000)
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub restaurants: u32,
    /// How many reviews of these restaurants to load (0 to 10,000,000)
    #[arg(long, value_name = "M", default_value_t = 3000)]
    pub reviews: u32,
    /// Which data: the same seed and sizes give the same rows
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Add to a database that holds data already
    #[arg(long, conflicts_with = "if_empty")]
    pub append: bool,
    /// Leave a database that holds data as it is, without an error
    #[arg(long)]
    pub if_empty: bool,
}

/// An id of each table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ids {
    pub(super) restaurant: i32,
    pub(super) review: i32,
}

impl SeedOptions {
    /// # Errors
    /// When a size is out of its range.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (1..=MAX_RESTAURANTS).contains(&self.restaurants),
            "--restaurants must be from 1 to {MAX_RESTAURANTS}, not {}",
            self.restaurants
        );
        ensure!(
            self.reviews <= MAX_REVIEWS,
            "--reviews must be at most {MAX_REVIEWS}, not {}",
            self.reviews
        );
        Ok(())
    }

    /// Whether to load into a database that holds data, or does not.
    ///
    /// # Errors
    /// When there is data and no option says what to do.
    pub(super) fn allow_load(&self, has_data: bool) -> anyhow::Result<bool> {
        if has_data && !self.append && !self.if_empty {
            bail!(
                "the database holds data already; \
                 add to it with --append, or name an empty database"
            );
        }
        Ok(!has_data || self.append)
    }

    /// The ids that follow the highest ones of each table, of restaurants and of reviews.
    ///
    /// # Errors
    /// When the new rows would need ids beyond 2,147,483,647.
    pub(super) fn first_ids(&self, last: (i32, i32)) -> anyhow::Result<Ids> {
        let first_id = |last: i32, count: u32| {
            let end = i64::from(last) + i64::from(count);
            i32::try_from(end)
                .with_context(|| format!("the ids after {last} do not suffice for {count} rows"))?;
            anyhow::Ok(last.saturating_add(1))
        };
        Ok(Ids {
            restaurant: first_id(last.0, self.restaurants)?,
            review: first_id(last.1, self.reviews)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> SeedOptions {
        SeedOptions {
            restaurants: 10,
            reviews: 100,
            seed: 1,
            append: false,
            if_empty: false,
        }
    }

    #[test]
    fn a_size_out_of_range_is_refused_by_its_flag() {
        let message = |options: SeedOptions| options.check().unwrap_err().to_string();
        let none = SeedOptions {
            restaurants: 0,
            ..options()
        };
        assert_eq!(
            message(none),
            "--restaurants must be from 1 to 1000000, not 0"
        );
        let many = SeedOptions {
            reviews: 10_000_001,
            ..options()
        };
        assert_eq!(
            message(many),
            "--reviews must be at most 10000000, not 10000001"
        );
        options().check().unwrap();
    }

    #[test]
    fn data_is_touched_only_on_request() {
        let append = SeedOptions {
            append: true,
            ..options()
        };
        let if_empty = SeedOptions {
            if_empty: true,
            ..options()
        };
        assert!(options().allow_load(false).unwrap());
        assert!(
            options()
                .allow_load(true)
                .unwrap_err()
                .to_string()
                .contains("--append")
        );
        assert!(append.allow_load(true).unwrap());
        assert!(if_empty.allow_load(false).unwrap());
        assert!(!if_empty.allow_load(true).unwrap());
    }

    #[test]
    fn ids_follow_the_highest_and_never_overflow() {
        let first = options().first_ids((7, 0)).unwrap();
        assert_eq!((first.restaurant, first.review), (8, 1));
        assert!(options().first_ids((i32::MAX - 10, 0)).is_ok());
        assert!(options().first_ids((i32::MAX - 9, 0)).is_err());
    }
}
