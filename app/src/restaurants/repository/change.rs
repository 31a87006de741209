//! Changing and deleting; a deleted review is taken out of the counters in the same transaction.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait as _, QueryFilter as _, QuerySelect as _, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};

use super::insert::counter_of;
use crate::restaurants::forms::NewRestaurant;
use crate::restaurants::{restaurant, review};

/// Replaces what describes a restaurant.
pub(in crate::restaurants) async fn update_restaurant(
    db: &impl ConnectionTrait,
    restaurant: &restaurant::Model,
    new: NewRestaurant,
) -> Result<(), DbErr> {
    let row = restaurant::ActiveModel {
        id: Set(restaurant.id),
        name: Set(new.name),
        street_address: Set(new.street_address),
        description: Set(new.description),
        ..Default::default()
    };
    restaurant::Entity::update(row).exec(db).await?;
    Ok(())
}

/// Deletes a restaurant with its reviews.
pub(in crate::restaurants) async fn delete_restaurant(
    db: &DatabaseConnection,
    restaurant: &restaurant::Model,
) -> Result<(), DbErr> {
    let transaction = begin_with(db, restaurant.id).await?;
    review::Entity::delete_many()
        .filter(review::Column::Restaurant.eq(restaurant.id))
        .exec(&transaction)
        .await?;
    restaurant::Entity::delete_by_id(restaurant.id)
        .exec(&transaction)
        .await?;
    transaction.commit().await
}

/// Deletes a review; one that is gone already is not counted twice.
pub(in crate::restaurants) async fn delete_review(
    db: &DatabaseConnection,
    review: &review::Model,
) -> Result<(), DbErr> {
    let transaction = begin_with(db, review.restaurant).await?;
    let deleted = review::Entity::delete_by_id(review.id)
        .exec(&transaction)
        .await?;
    if let (1, Some(counter), Some(rating)) = (
        deleted.rows_affected,
        counter_of(review.rating),
        review.rating,
    ) {
        use restaurant::Column;
        restaurant::Entity::update_many()
            .col_expr(Column::ReviewCount, Expr::col(Column::ReviewCount).sub(1))
            .col_expr(Column::RatingSum, Expr::col(Column::RatingSum).sub(rating))
            .col_expr(counter, Expr::col(counter).sub(1))
            .filter(Column::Id.eq(review.restaurant))
            .exec(&transaction)
            .await?;
    }
    transaction.commit().await
}

/// A transaction that has the restaurant for itself: whoever writes a review of it waits, and then
/// finds it changed or gone.
async fn begin_with(
    db: &DatabaseConnection,
    restaurant: i32,
) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(options).await?;
    restaurant::Entity::find_by_id(restaurant)
        .lock_exclusive()
        .one(&transaction)
        .await?;
    Ok(transaction)
}
