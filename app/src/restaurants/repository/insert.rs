//! Writing: each row once, and a restaurant's counters in the transaction of the review.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait as _,
    QueryFilter as _, QuerySelect as _, TransactionTrait as _, TryInsertResult,
};

use crate::clock;
use crate::restaurants::forms::{NewRestaurant, NewReview};
use crate::restaurants::{restaurant, review, submission};

/// Stores a restaurant and returns its id; the same form sent again gets the same id.
pub(in crate::restaurants) async fn insert_restaurant(
    db: &impl ConnectionTrait,
    new: NewRestaurant,
    key: &str,
) -> Result<i32, DbErr> {
    let digest = submission::digest(key, &[&new.name, &new.street_address, &new.description]);
    let row = restaurant::ActiveModel {
        name: Set(new.name),
        street_address: Set(new.street_address),
        description: Set(new.description),
        submission_key: Set(digest.clone()),
        ..Default::default()
    };
    let inserted = restaurant::Entity::insert(row)
        .on_conflict(
            OnConflict::column(restaurant::Column::SubmissionKey)
                .do_nothing()
                .to_owned(),
        )
        .try_insert()
        .exec(db)
        .await?;
    if let TryInsertResult::Inserted(inserted) = inserted {
        return Ok(inserted.last_insert_id);
    }
    let first: Option<i32> = restaurant::Entity::find()
        .select_only()
        .column(restaurant::Column::Id)
        .filter(restaurant::Column::SubmissionKey.eq(digest))
        .into_tuple()
        .one(db)
        .await?;
    first.ok_or(DbErr::RecordNotInserted)
}

/// Stores a review and counts it; the same form sent again changes nothing.
///
/// # Errors
/// `RecordNotFound` when the restaurant is gone.
pub(in crate::restaurants) async fn insert_review(
    db: &DatabaseConnection,
    restaurant: &restaurant::Model,
    new: NewReview,
    key: &str,
) -> Result<(), DbErr> {
    let author = new.author_key.clone().unwrap_or_default();
    let (id, rating) = (restaurant.id, new.rating);
    let fields = [
        &id.to_string(),
        &author,
        &new.user_name,
        &rating.to_string(),
        &new.review_text,
    ];
    let digest = submission::digest(key, &fields.map(String::as_str));
    let row = review::ActiveModel {
        restaurant: Set(id),
        user_name: Set(new.user_name),
        rating: Set(Some(rating)),
        review_text: Set(new.review_text),
        review_date: Set(clock::now()),
        author_key: Set(new.author_key),
        submission_key: Set(digest),
        ..Default::default()
    };
    let transaction = db.begin().await?;
    let inserted = review::Entity::insert(row)
        .on_conflict(
            OnConflict::column(review::Column::SubmissionKey)
                .do_nothing()
                .to_owned(),
        )
        .try_insert()
        .exec(&transaction)
        .await?;
    if matches!(inserted, TryInsertResult::Inserted(_)) {
        count_review(&transaction, id, rating).await?;
    }
    transaction.commit().await
}

async fn count_review(db: &impl ConnectionTrait, id: i32, rating: i32) -> Result<(), DbErr> {
    use restaurant::Column;
    let Some(counter) = counter_of(Some(rating)) else {
        return Ok(());
    };
    let updated = restaurant::Entity::update_many()
        .col_expr(Column::ReviewCount, Expr::col(Column::ReviewCount).add(1))
        .col_expr(Column::RatingSum, Expr::col(Column::RatingSum).add(rating))
        .col_expr(counter, Expr::col(counter).add(1))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    if updated.rows_affected == 0 {
        return Err(DbErr::RecordNotFound(format!("restaurant {id}")));
    }
    Ok(())
}

/// The counter of a rating from 1 to 5; no other is counted.
pub(super) fn counter_of(rating: Option<i32>) -> Option<restaurant::Column> {
    use restaurant::Column;
    Some(match rating? {
        1 => Column::Rating1Count,
        2 => Column::Rating2Count,
        3 => Column::Rating3Count,
        4 => Column::Rating4Count,
        5 => Column::Rating5Count,
        _ => return None,
    })
}
