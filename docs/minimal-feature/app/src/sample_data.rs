//! `app seed`: sample data.

use anyhow::ensure;
use sea_orm::ActiveValue::Set;
use sea_orm::{DatabaseConnection, EntityTrait as _, PaginatorTrait as _};
use time::macros::date;

use crate::trails::trail::{ActiveModel, Difficulty, Entity};

/// Flags of `app seed`.
#[derive(clap::Args, Debug, Clone)]
pub struct SeedOptions {
    /// Leave a database that holds data as it is, without an error
    #[arg(long)]
    pub if_empty: bool,
}

/// Loads the sample data into an empty, migrated database.
///
/// # Errors
/// When the database holds data and `--if-empty` is not given, or when it cannot be written.
pub async fn seed(db: &DatabaseConnection, options: &SeedOptions) -> anyhow::Result<()> {
    if Entity::find().count(db).await? > 0 {
        ensure!(options.if_empty, "the database holds data already");
        return Ok(());
    }
    let trails = [
        ("River Walk", 6, Difficulty::Easy, date!(1998 - 05 - 01)),
        (
            "Ridge Path",
            14,
            Difficulty::Moderate,
            date!(1972 - 08 - 19),
        ),
        ("North Face", 21, Difficulty::Hard, date!(2011 - 06 - 30)),
    ];
    let rows = trails.map(|(name, length_km, difficulty, opened_on)| ActiveModel {
        name: Set(name.to_owned()),
        length_km: Set(length_km),
        difficulty: Set(difficulty),
        opened_on: Set(opened_on),
        notes: Set("Marked in both directions.".to_owned()),
        ..Default::default()
    });
    Entity::insert_many(rows).exec(db).await?;
    Ok(())
}
