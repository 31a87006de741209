//! The counters of a restaurant's ratings, changed in the transaction of the review.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};

use super::adopted::valid_rating;
use super::restaurant::{Column, Entity};

/// Adds a rating.
///
/// # Errors
/// `RecordNotFound` when the restaurant has been deleted.
pub(super) async fn add(
    db: &impl ConnectionTrait,
    restaurant: i32,
    rating: i32,
) -> Result<(), DbErr> {
    if change(db, restaurant, rating, 1).await? == 0 {
        return Err(DbErr::RecordNotFound(format!("restaurant {restaurant}")));
    }
    Ok(())
}

/// Removes a rating. One that was never counted is ignored.
pub(super) async fn remove(
    db: &impl ConnectionTrait,
    restaurant: i32,
    rating: i32,
) -> Result<(), DbErr> {
    if valid_rating(rating).is_some() {
        change(db, restaurant, rating, -1).await?;
    }
    Ok(())
}

async fn change(
    db: &impl ConnectionTrait,
    restaurant: i32,
    rating: i32,
    step: i32,
) -> Result<u64, DbErr> {
    let counter = match rating {
        1 => Column::Rating1Count,
        2 => Column::Rating2Count,
        3 => Column::Rating3Count,
        4 => Column::Rating4Count,
        _ => Column::Rating5Count,
    };
    let changes = [
        (Column::ReviewCount, step),
        (Column::RatingSum, step * rating),
        (counter, step),
    ];
    let mut update = Entity::update_many().filter(Column::Id.eq(restaurant));
    for (column, change) in changes {
        update = update.col_expr(column, Expr::col(column).add(change));
    }
    Ok(update.exec(db).await?.rows_affected)
}
