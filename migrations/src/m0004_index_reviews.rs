//! Indexes of `review`: by rating, for the reviews with one rating, and by author, for the user's own review.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The dates are those of the index `review_by_date`.
const SQLITE_BY_RATING: &str = "CREATE INDEX review_by_rating
    ON review (restaurant, rating, strftime('%Y-%m-%d %H:%M:%f', review_date), id)";
const POSTGRES_BY_RATING: &str =
    "CREATE INDEX review_by_rating ON review (restaurant, rating, (LEAST(
    GREATEST(review_date, timestamp '0001-01-01'), timestamp '9999-12-31 23:59:59.999999')), id)";

const BY_AUTHOR: &str = "CREATE INDEX review_by_author ON review (restaurant, author_key, id)
    WHERE author_key IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_rating = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_BY_RATING,
            _ => POSTGRES_BY_RATING,
        };
        for index in [by_rating, BY_AUTHOR] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["review_by_rating", "review_by_author"] {
            manager
                .drop_index(Index::drop().name(name).to_owned())
                .await?;
        }
        Ok(())
    }
}
