//! Queries of restaurants. `review_repository` has those of reviews.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, IdenStatic as _, Iterable as _, JoinType, QueryFilter as _, QuerySelect,
    QueryTrait as _, RelationTrait as _, Select,
};

use super::forms::NewRestaurant;
use super::restaurant::{ListedRestaurant, RatedRestaurant, Sort};
use super::{rating, restaurant, review};
use crate::database::begin_write;
use crate::form_key::{Inserted, insert_once};
use crate::pagination::{Cursor, ListPage, Position, paginate};
use crate::search::{IdRange, MatchCount, Search, select_by_ids};
use crate::version::{Expected, version};

/// A page of the list.
#[derive(Clone, Debug)]
pub(super) struct ListRequest<'a> {
    /// Empty for all restaurants.
    pub(super) words: &'a str,
    pub(super) sort: Sort,
    pub(super) position: Position,
    pub(super) page_size: u64,
    /// The most matches of a search that may be sorted.
    pub(super) search_limit: u64,
}

/// The restaurants of a page.
#[derive(Clone, Debug)]
pub(super) struct RestaurantPage {
    pub(super) list: ListPage<ListedRestaurant>,
    /// How many restaurants match, where the search knows.
    pub(super) matches: Option<MatchCount>,
}

pub(super) async fn list_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<RestaurantPage, DbErr> {
    let page = read_or_search(db, request).await?;
    if page.list.is_cut_short(&request.position, request.page_size) {
        let first = ListRequest {
            position: Position::First,
            ..request.clone()
        };
        return read_or_search(db, &first).await;
    }
    Ok(page)
}

async fn read_or_search(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<RestaurantPage, DbErr> {
    if !request.words.trim().is_empty() {
        return search_restaurants(db, request).await;
    }
    Ok(RestaurantPage {
        list: read_page(db, restaurant::Entity::find(), request).await?,
        matches: None,
    })
}

async fn search_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<RestaurantPage, DbErr> {
    let is_newest_first = request.sort == Sort::Newest;
    let range = match &request.position {
        Position::After(cursor) if is_newest_first => IdRange::Below(cursor.id),
        Position::Before(cursor) if is_newest_first => IdRange::Above(cursor.id),
        _ => IdRange::All,
    };
    let search = Search {
        table: "restaurant",
        words: request.words,
        range,
        limit: request.search_limit,
        newest: is_newest_first.then_some(request.page_size + 1),
    };
    let matches = search.find(db).await?;
    let mut list = if matches.ids.is_empty() {
        ListPage::new(Vec::new(), 0, &request.position, ListedRestaurant::cursor)
    } else {
        read_page(db, select_by_ids(&matches.ids), request).await?
    };
    let searched_until = matches.searched_until.map(Cursor::id);
    match range {
        IdRange::Above(_) => list.previous = list.previous.or(searched_until),
        IdRange::All | IdRange::Below(_) => list.next = list.next.or(searched_until),
    }
    Ok(RestaurantPage {
        list,
        matches: matches.count,
    })
}

async fn read_page(
    db: &impl ConnectionTrait,
    rows: Select<restaurant::Entity>,
    request: &ListRequest<'_>,
) -> Result<ListPage<ListedRestaurant>, DbErr> {
    let rows = select_texts(rows)
        .column(rating::Column::ReviewCount)
        .column(rating::Column::RatingSum);
    let rows = match request.sort {
        Sort::Newest => rows,
        Sort::Rating => rows.column(rating::Column::Rank),
        Sort::Name => rows.column(restaurant::Column::NameKey),
    };
    let is_search = !request.words.trim().is_empty();
    let rows = if request.sort == Sort::Rating && !is_search {
        let mut rows = rows;
        QuerySelect::query(&mut rows)
            .from_clear()
            .from(rating::Entity);
        join_one(db, rows, restaurant::Entity)
    } else {
        join_one(db, rows, rating::Entity)
    };
    let rows = paginate(rows, &request.sort.keyset(), &request.position);
    let rows = rows.limit(request.page_size + 1);
    let rows = db.query_all(&rows.into_query()).await?;
    let rows = rows
        .iter()
        .map(|row| ListedRestaurant::read(row, request.sort));
    Ok(ListPage::new(
        rows.collect::<Result<_, _>>()?,
        request.page_size,
        &request.position,
        ListedRestaurant::cursor,
    ))
}

/// The texts of restaurants. An adopted table may have texts that are null.
fn select_texts(rows: Select<restaurant::Entity>) -> Select<restaurant::Entity> {
    use restaurant::Column;
    let texts = [Column::Name, Column::StreetAddress, Column::Description];
    let rows = rows.select_only().column(Column::Id);
    texts.into_iter().fold(rows, |rows, column| {
        let text = Expr::col((restaurant::Entity, column));
        rows.column_as(text.if_null(""), column.as_str())
    })
}

/// Joins the rows, in their order, with the one row of the other table that each of them has.
///
/// The planner may not reorder such a join: read from the other side, a page would cost more the more restaurants
/// there are, or the further the page is from the first.
fn join_one<E: EntityTrait>(
    db: &impl ConnectionTrait,
    mut rows: Select<restaurant::Entity>,
    other: E,
) -> Select<restaurant::Entity> {
    let id = Expr::col((restaurant::Entity, restaurant::Column::Id));
    let on = id.eq(Expr::col((rating::Entity, rating::Column::Restaurant)));
    let query = QuerySelect::query(&mut rows);
    if db.get_database_backend() == DbBackend::Sqlite {
        query
            .join(JoinType::CrossJoin, other, Condition::all())
            .and_where(on);
    } else {
        let row = Query::select()
            .columns(E::Column::iter())
            .from(other)
            .and_where(on)
            .limit(1)
            .take();
        let always = Expr::val(true);
        query.join_lateral(JoinType::InnerJoin, row, other, always);
    }
    rows
}

/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn get_restaurant(
    db: &impl ConnectionTrait,
    id: i32,
) -> Result<RatedRestaurant, DbErr> {
    use rating::Column;
    let rows = select_texts(restaurant::Entity::find_by_id(id))
        .join_rev(JoinType::InnerJoin, rating::Relation::Restaurant.def())
        .column(Column::ReviewCount)
        .column(Column::RatingSum)
        .columns([
            Column::Rating1Count,
            Column::Rating2Count,
            Column::Rating3Count,
            Column::Rating4Count,
            Column::Rating5Count,
        ]);
    let Some(row) = db.query_one(&rows.into_query()).await? else {
        return Err(DbErr::RecordNotFound(format!("restaurant {id}")));
    };
    RatedRestaurant::read(&row)
}

/// Inserts a restaurant, unless one with this digest exists.
pub(super) async fn insert_restaurant(
    db: &impl ConnectionTrait,
    new: NewRestaurant,
    digest: Option<String>,
) -> Result<Inserted, DbErr> {
    let row = restaurant::ActiveModel {
        name: Set(new.name),
        street_address: Set(new.street_address),
        description: Set(new.description),
        ..Default::default()
    };
    let column = restaurant::Column::SubmissionKey;
    insert_once(db, row, column, digest).await
}

/// Replaces the texts of a restaurant. `false` where its version is not one of the expected ones.
///
/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn update_restaurant(
    db: &DatabaseConnection,
    id: i32,
    new: NewRestaurant,
    expected: &Expected,
) -> Result<bool, DbErr> {
    let transaction = begin_write(db).await?;
    if !expected.includes(&lock_restaurant(&transaction, id).await?) {
        return Ok(false);
    }
    let row = restaurant::ActiveModel {
        id: Set(id),
        name: Set(new.name),
        street_address: Set(new.street_address),
        description: Set(new.description),
        ..Default::default()
    };
    restaurant::Entity::update(row).exec(&transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Deletes a restaurant and its reviews. `false` where its version is not one of the expected ones.
///
/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn delete_restaurant(
    db: &DatabaseConnection,
    id: i32,
    expected: &Expected,
) -> Result<bool, DbErr> {
    let transaction = begin_write(db).await?;
    if !expected.includes(&lock_restaurant(&transaction, id).await?) {
        return Ok(false);
    }
    review::Entity::delete_many()
        .filter(review::Column::Restaurant.eq(id))
        .exec(&transaction)
        .await?;
    restaurant::Entity::delete_by_id(id)
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(true)
}

/// Locks a restaurant, so that nobody changes it or inserts a review of it, and returns its version.
async fn lock_restaurant(transaction: &DatabaseTransaction, id: i32) -> Result<String, DbErr> {
    let row: Option<(i32, String, String, String)> =
        select_texts(restaurant::Entity::find_by_id(id))
            .lock_exclusive()
            .into_tuple()
            .one(transaction)
            .await?;
    let (_, name, street_address, description) =
        row.ok_or_else(|| DbErr::RecordNotFound(format!("restaurant {id}")))?;
    Ok(version(&[&name, &street_address, &description]))
}
