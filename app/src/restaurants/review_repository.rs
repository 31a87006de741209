//! Queries of reviews.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Order};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityName as _, EntityTrait as _,
    Iterable as _, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect, QueryTrait as _,
    Select, SqlErr, TryInsertResult,
};

use super::forms::NewReview;
use super::repository::{missing_restaurant, select_rated};
use super::restaurant::RatedRestaurant;
use super::{adopted, review};
use crate::clock;
use crate::database::Columns;
use crate::form_key::{Inserted, REPEAT_LOCK};
use crate::pagination::{ListPage, Position, paginate, sort};

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
    let rows = select_reviews(db.get_database_backend(), request, position);
    let rows = db.query_all(&rows.into_query()).await?;
    let reviews = rows
        .iter()
        .map(|row| review::Model::read(&mut Columns::new(row)));
    list_page(reviews, request, position)
}

fn select_reviews(
    backend: DbBackend,
    request: &ReviewRequest,
    position: &Position,
) -> Select<review::Entity> {
    let of_restaurant = review::Column::Restaurant.eq(request.restaurant);
    let mut rows = adopted::find_reviews(backend).filter(of_restaurant);
    if let Some(rating) = request.rating {
        rows = rows.filter(review::Column::Rating.eq(rating));
    }
    paginate(rows, &adopted::newest_reviews(backend), position).limit(request.page_size + 1)
}

fn list_page(
    rows: impl Iterator<Item = Result<review::Model, DbErr>>,
    request: &ReviewRequest,
    position: &Position,
) -> Result<ListPage<review::Model>, DbErr> {
    Ok(ListPage::new(
        rows.collect::<Result<_, _>>()?,
        request.page_size,
        position,
        review::Model::cursor,
    ))
}

/// A restaurant, and a page of its reviews, newest first, in one round trip.
///
/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn get_reviewed_restaurant(
    db: &impl ConnectionTrait,
    request: &ReviewRequest,
) -> Result<(RatedRestaurant, ListPage<review::Model>), DbErr> {
    let found = read_reviewed_restaurant(db, request, &request.position).await?;
    if found.1.is_cut_short(&request.position, request.page_size) {
        return read_reviewed_restaurant(db, request, &Position::First).await;
    }
    Ok(found)
}

async fn read_reviewed_restaurant(
    db: &impl ConnectionTrait,
    request: &ReviewRequest,
    position: &Position,
) -> Result<(RatedRestaurant, ListPage<review::Model>), DbErr> {
    let backend = db.get_database_backend();
    let mut rows = select_rated(request.restaurant);
    let reviews = select_reviews(backend, request, position).into_query();
    // The order of the page refers to the table by its name.
    let page = review::Entity.table_name();
    let columns = review::Column::iter().map(|column| Expr::col((page, column)));
    QuerySelect::query(&mut rows).exprs(columns).join_subquery(
        JoinType::LeftJoin,
        reviews,
        page,
        Expr::val(true),
    );
    let rows = sort(rows, &adopted::newest_reviews(backend), position);
    let rows = db.query_all(&rows.into_query()).await?;
    let Some(first) = rows.first() else {
        return Err(missing_restaurant(request.restaurant));
    };
    let restaurant = RatedRestaurant::read(&mut Columns::new(first))?;
    let of_review = |row| Columns::new(row).skip(RatedRestaurant::COLUMNS);
    // A restaurant without a review on this page has one row.
    let is_empty = of_review(first).read::<Option<i32>>()?.is_none();
    let reviews = rows.iter().skip(usize::from(is_empty));
    let reviews = reviews.map(|row| review::Model::read(&mut of_review(row)));
    Ok((restaurant, list_page(reviews, request, position)?))
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
    let inserted = inserted.map_err(|error| foreign_key_error(error, restaurant))?;
    if let TryInsertResult::Inserted(inserted) = inserted {
        return Ok(Inserted {
            id: inserted.last_insert_id,
            is_new: true,
        });
    }
    let id = find_submitted_review(db, restaurant, digest).await?;
    Ok(Inserted { id, is_new: false })
}

fn foreign_key_error(error: DbErr, restaurant: i32) -> DbErr {
    match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => missing_restaurant(restaurant),
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
