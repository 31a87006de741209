//! Queries of reviews.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{OnConflict, Order};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, SqlErr, TryInsertResult,
};

use super::forms::NewReview;
use super::{adopted, review};
use crate::clock;
use crate::form_key::{Inserted, REPEAT_LOCK};
use crate::pagination::{ListPage, Position, paginate};

/// Which reviews of a restaurant a page shows.
#[derive(Clone, Debug)]
pub(super) struct ReviewRequest {
    pub(super) restaurant: i32,
    /// Only reviews with this rating.
    pub(super) rating: Option<i32>,
    pub(super) position: Position,
    pub(super) page_size: u64,
}

/// A page of a restaurant's reviews, newest first.
pub(super) async fn list_reviews(
    db: &impl ConnectionTrait,
    request: &ReviewRequest,
) -> Result<ListPage<review::Model>, DbErr> {
    let page = read_reviews(db, request, &request.position).await?;
    if page.is_cut_short(&request.position, request.page_size) {
        return read_reviews(db, request, &Position::First).await;
    }
    Ok(page)
}

async fn read_reviews(
    db: &impl ConnectionTrait,
    request: &ReviewRequest,
    position: &Position,
) -> Result<ListPage<review::Model>, DbErr> {
    let backend = db.get_database_backend();
    let of_restaurant = review::Column::Restaurant.eq(request.restaurant);
    let mut rows = adopted::find_reviews(backend).filter(of_restaurant);
    if let Some(rating) = request.rating {
        rows = rows.filter(review::Column::Rating.eq(rating));
    }
    let rows = paginate(rows, &adopted::newest_reviews(backend), position);
    let rows = rows.limit(request.page_size + 1);
    let rows = db.query_all(&rows.into_query()).await?;
    Ok(ListPage::new(
        rows.iter()
            .map(review::Model::read)
            .collect::<Result<_, _>>()?,
        request.page_size,
        position,
        review::Model::cursor,
    ))
}

/// The last review that an account has written of a restaurant.
pub(super) async fn find_own_review(
    db: &impl ConnectionTrait,
    restaurant: i32,
    author_key: &str,
) -> Result<Option<review::Model>, DbErr> {
    adopted::find_reviews(db.get_database_backend())
        .filter(review::Column::Restaurant.eq(restaurant))
        .filter(review::Column::AuthorKey.eq(author_key))
        .order_by(review::Column::Id, Order::Desc)
        .one(db)
        .await
}

/// # Errors
/// `RecordNotFound` when there is no such review.
pub(super) async fn get_review(db: &impl ConnectionTrait, id: i32) -> Result<review::Model, DbErr> {
    let rows = adopted::find_reviews(db.get_database_backend());
    let found = rows.filter(review::Column::Id.eq(id)).one(db).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(format!("review {id}")))
}

/// Inserts a review, unless one of the restaurant with this digest exists.
///
/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn insert_review(
    db: &impl ConnectionTrait,
    restaurant: i32,
    new: NewReview,
    digest: Option<String>,
) -> Result<Inserted, DbErr> {
    let row = review::ActiveModel {
        submission_key: Set(digest.clone()),
        restaurant: Set(restaurant),
        user_name: Set(new.user_name),
        rating: Set(new.rating),
        review_text: Set(new.review_text),
        review_date: Set(clock::now()),
        author_key: Set(new.author_key),
        ..Default::default()
    };
    // Any of the unique indexes: a database of an earlier build has another one.
    let ignore_duplicate = OnConflict::new().do_nothing().to_owned();
    let insert = review::Entity::insert(row).on_conflict(ignore_duplicate);
    let inserted = insert.try_insert().exec(db).await;
    let inserted = inserted.map_err(|error| missing_restaurant(error, restaurant))?;
    if let TryInsertResult::Inserted(inserted) = inserted {
        return Ok(Inserted {
            id: inserted.last_insert_id,
            is_new: true,
        });
    }
    let id = find_submitted_review(db, restaurant, digest).await?;
    Ok(Inserted { id, is_new: false })
}

fn missing_restaurant(error: DbErr, restaurant: i32) -> DbErr {
    match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            DbErr::RecordNotFound(format!("restaurant {restaurant}"))
        }
        _ => error,
    }
}

/// The id of the review of a form that was sent before.
async fn find_submitted_review(
    db: &impl ConnectionTrait,
    restaurant: i32,
    digest: Option<String>,
) -> Result<i32, DbErr> {
    let found = review::Entity::find()
        .select_only()
        .column(review::Column::Id)
        .filter(review::Column::Restaurant.eq(restaurant))
        .filter(review::Column::SubmissionKey.eq(digest))
        .lock(REPEAT_LOCK)
        .into_tuple()
        .one(db)
        .await?;
    found.ok_or(DbErr::RecordNotInserted)
}

/// Changes rating and text of a review.
pub(super) async fn update_review(
    db: &impl ConnectionTrait,
    review: &review::Model,
    new: NewReview,
) -> Result<(), DbErr> {
    review::Entity::update_many()
        .col_expr(review::Column::Rating, new.rating.into())
        .col_expr(review::Column::ReviewText, new.review_text.into())
        .filter(review::Column::Restaurant.eq(review.restaurant))
        .filter(review::Column::Id.eq(review.id))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn delete_review(
    db: &impl ConnectionTrait,
    review: &review::Model,
) -> Result<(), DbErr> {
    review::Entity::delete_many()
        .filter(review::Column::Restaurant.eq(review.restaurant))
        .filter(review::Column::Id.eq(review.id))
        .exec(db)
        .await?;
    Ok(())
}
