//! Queries of restaurants and reviews.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait as _, QueryFilter as _, QuerySelect as _, Select, SqlErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};

use super::forms::{NewRestaurant, NewReview};
use super::restaurant::Sort;
use super::{adopted, counters, restaurant, review};
use crate::clock;
use crate::form_key::{self, insert_once};
use crate::pagination::{Cursor, paginate, split_page};
use crate::search::{Search, select_by_ids};

/// A page of the list.
#[derive(Clone, Debug)]
pub(super) struct ListRequest<'a> {
    /// Empty for all restaurants.
    pub(super) words: &'a str,
    pub(super) sort: Sort,
    pub(super) after: Option<Cursor>,
    pub(super) page_size: u64,
    /// The most matches of a search that may be sorted.
    pub(super) search_limit: u64,
}

/// The restaurants of a page.
#[derive(Clone, Debug)]
pub(super) struct RestaurantPage {
    pub(super) rows: Vec<restaurant::Model>,
    pub(super) next: Option<Cursor>,
    /// How many matches were sorted, where more match.
    pub(super) capped: Option<usize>,
}

pub(super) async fn list_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<RestaurantPage, DbErr> {
    if !request.words.trim().is_empty() {
        return search_restaurants(db, request).await;
    }
    read_page(db, restaurant::Entity::find(), request).await
}

async fn search_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<RestaurantPage, DbErr> {
    let is_newest_first = request.sort == Sort::Newest;
    let after = request.after.as_ref().filter(|_| is_newest_first);
    let search = Search {
        table: "restaurant",
        words: request.words,
        before: after.map(|cursor| cursor.id),
        limit: request.search_limit,
        newest: is_newest_first.then_some(request.page_size + 1),
    };
    let matches = search.find(db).await?;
    let sorted = matches.ids.len();
    let page = if matches.ids.is_empty() {
        RestaurantPage {
            rows: Vec::new(),
            next: None,
            capped: None,
        }
    } else {
        read_page(db, select_by_ids(&matches.ids), request).await?
    };
    Ok(RestaurantPage {
        next: page.next.or(matches.searched_until.map(Cursor::id)),
        capped: (matches.has_more && !is_newest_first).then_some(sorted),
        ..page
    })
}

async fn read_page(
    db: &impl ConnectionTrait,
    rows: Select<restaurant::Entity>,
    request: &ListRequest<'_>,
) -> Result<RestaurantPage, DbErr> {
    let rows = paginate(rows, &request.sort.keyset(), request.after.as_ref());
    let rows = rows.limit(request.page_size + 1).all(db).await?;
    let (rows, last) = split_page(rows, request.page_size);
    Ok(RestaurantPage {
        rows,
        next: last.map(|last| last.cursor(request.sort)),
        capped: None,
    })
}

/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn get_restaurant(
    db: &impl ConnectionTrait,
    id: i32,
) -> Result<restaurant::Model, DbErr> {
    let found = restaurant::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(format!("restaurant {id}")))
}

/// Inserts a restaurant and returns its id. The same form sent again returns the same id.
pub(super) async fn insert_restaurant(
    db: &impl ConnectionTrait,
    new: NewRestaurant,
    key: &str,
) -> Result<i32, DbErr> {
    let digest = form_key::digest(key, &[&new.name, &new.street_address, &new.description]);
    let row = restaurant::ActiveModel {
        name: Set(new.name),
        street_address: Set(new.street_address),
        description: Set(new.description),
        ..Default::default()
    };
    let column = restaurant::Column::SubmissionKey;
    Ok(insert_once(db, row, column, digest).await?.id)
}

pub(super) async fn update_restaurant(
    db: &impl ConnectionTrait,
    id: i32,
    new: NewRestaurant,
) -> Result<(), DbErr> {
    let row = restaurant::ActiveModel {
        id: Set(id),
        name: Set(new.name),
        street_address: Set(new.street_address),
        description: Set(new.description),
        ..Default::default()
    };
    restaurant::Entity::update(row).exec(db).await?;
    Ok(())
}

/// Deletes a restaurant and its reviews.
pub(super) async fn delete_restaurant(db: &DatabaseConnection, id: i32) -> Result<(), DbErr> {
    let transaction = begin_locked(db, id).await?;
    review::Entity::delete_many()
        .filter(review::Column::Restaurant.eq(id))
        .exec(&transaction)
        .await?;
    restaurant::Entity::delete_by_id(id)
        .exec(&transaction)
        .await?;
    transaction.commit().await
}

/// A page of a restaurant's reviews, newest first, and the cursor of the next page.
pub(super) async fn list_reviews(
    db: &impl ConnectionTrait,
    restaurant: i32,
    after: Option<&Cursor>,
    page_size: u64,
) -> Result<(Vec<review::Model>, Option<Cursor>), DbErr> {
    let backend = db.get_database_backend();
    let rows = adopted::find_reviews(backend).filter(review::Column::Restaurant.eq(restaurant));
    let rows = paginate(rows, &adopted::newest_reviews(backend), after);
    let rows = rows.limit(page_size + 1).all(db).await?;
    let (rows, last) = split_page(rows, page_size);
    Ok((rows, last.map(|last| last.cursor())))
}

/// # Errors
/// `RecordNotFound` when there is no such review.
pub(super) async fn get_review(db: &impl ConnectionTrait, id: i32) -> Result<review::Model, DbErr> {
    let rows = adopted::find_reviews(db.get_database_backend());
    let found = rows.filter(review::Column::Id.eq(id)).one(db).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(format!("review {id}")))
}

/// Inserts a review and counts its rating. The same form sent again changes nothing.
///
/// # Errors
/// `RecordNotFound` when the restaurant has been deleted.
pub(super) async fn insert_review(
    db: &DatabaseConnection,
    restaurant: i32,
    new: NewReview,
    key: &str,
) -> Result<(), DbErr> {
    let rating = new.rating;
    let values = [
        &restaurant.to_string(),
        new.author_key.as_deref().unwrap_or_default(),
        &new.user_name,
        &rating.to_string(),
        &new.review_text,
    ];
    let digest = form_key::digest(key, &values);
    let row = review::ActiveModel {
        restaurant: Set(restaurant),
        user_name: Set(new.user_name),
        rating: Set(rating),
        review_text: Set(new.review_text),
        review_date: Set(clock::now()),
        author_key: Set(new.author_key),
        ..Default::default()
    };
    let transaction = db.begin().await?;
    let column = review::Column::SubmissionKey;
    let inserted = insert_once(&transaction, row, column, digest).await;
    let inserted = inserted.map_err(|error| match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            DbErr::RecordNotFound(format!("restaurant {restaurant}"))
        }
        _ => error,
    })?;
    if inserted.is_new {
        counters::add(&transaction, restaurant, rating).await?;
    }
    transaction.commit().await
}

/// Deletes a review. A review that is already gone is not subtracted from the counters again.
pub(super) async fn delete_review(
    db: &DatabaseConnection,
    review: &review::Model,
) -> Result<(), DbErr> {
    let transaction = begin_locked(db, review.restaurant).await?;
    let deleted = review::Entity::delete_by_id(review.id)
        .exec(&transaction)
        .await?;
    if deleted.rows_affected == 1 {
        counters::remove(&transaction, review.restaurant, review.rating).await?;
    }
    transaction.commit().await
}

/// Begins a transaction that locks the restaurant, so that no review of it is inserted meanwhile.
async fn begin_locked(
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
