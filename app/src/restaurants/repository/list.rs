//! The list of restaurants by pages, each one read from an index.

use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect, QueryTrait as _, Select,
};

use super::search::search_restaurants;
use crate::restaurants::cursor::{RestaurantCursor, Sort};
use crate::restaurants::restaurant;

/// What a list shows of a restaurant.
#[derive(Clone, Debug, FromQueryResult)]
pub(in crate::restaurants) struct RestaurantRow {
    pub id: i32,
    pub name: String,
    pub street_address: String,
    pub description: String,
    pub review_count: i32,
    pub rating_sum: i32,
    pub rating_average: i64,
    pub sort_name: String,
}

impl RestaurantRow {
    /// The place of this row in an order.
    pub(in crate::restaurants) fn cursor(&self, sort: Sort) -> RestaurantCursor {
        match sort {
            Sort::Newest => RestaurantCursor::Newest(self.id),
            Sort::Rating => RestaurantCursor::Rating(self.rating_average, self.id),
            Sort::Name => RestaurantCursor::Name(self.sort_name.clone(), self.id),
        }
    }
}

/// Which restaurants a page shows.
#[derive(Clone, Debug)]
pub(in crate::restaurants) struct ListRequest<'a> {
    /// Blank for all restaurants.
    pub words: &'a str,
    pub sort: Sort,
    pub after: Option<RestaurantCursor>,
    pub limit: u64,
    /// How many matches a search may sort.
    pub search_limit: u64,
}

/// The restaurants of a page.
#[derive(Clone, Debug)]
pub(in crate::restaurants) struct Listing {
    pub rows: Vec<RestaurantRow>,
    /// How many matches a search has sorted, where there are more.
    pub capped: Option<usize>,
    /// Where the next page goes on when the search stopped before it had filled this one.
    pub resume: Option<RestaurantCursor>,
}

/// At most `limit` restaurants behind the cursor, of those that have the words.
pub(in crate::restaurants) async fn list_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<Listing, DbErr> {
    if !request.words.trim().is_empty() {
        return search_restaurants(db, request).await;
    }
    let rows = read_page(db, restaurant::Entity::find(), request).await?;
    Ok(Listing {
        rows,
        capped: None,
        resume: None,
    })
}

/// One page of all restaurants.
async fn read_page(
    db: &impl ConnectionTrait,
    rows: Select<restaurant::Entity>,
    request: &ListRequest<'_>,
) -> Result<Vec<RestaurantRow>, DbErr> {
    let rows = sorted(rows, request.sort);
    let rows = match &request.after {
        Some(cursor) => rows.filter(behind(cursor)),
        None => rows,
    };
    rows.limit(request.limit).into_model().all(db).await
}

/// One page of the restaurants with these ids.
pub(super) async fn read_page_among(
    db: &impl ConnectionTrait,
    ids: Vec<i32>,
    request: &ListRequest<'_>,
) -> Result<Vec<RestaurantRow>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // The limit has these rows fetched and then sorted: no database walks the order's index to meet them.
    let among = restaurant::Entity::find()
        .limit(ids.len() as u64)
        .filter(restaurant::Column::Id.is_in(ids))
        .into_query();
    let mut rows = restaurant::Entity::find();
    QuerySelect::query(&mut rows)
        .from_clear()
        .from_subquery(among, restaurant::Entity);
    read_page(db, rows, request).await
}

/// The columns of a row in one of the orders; ties go by the id.
fn sorted(rows: Select<restaurant::Entity>, sort: Sort) -> Select<restaurant::Entity> {
    use restaurant::Column;
    let rows = rows.select_only().columns([
        Column::Id,
        Column::Name,
        Column::StreetAddress,
        Column::Description,
        Column::ReviewCount,
        Column::RatingSum,
        Column::RatingAverage,
        Column::SortName,
    ]);
    match sort {
        Sort::Newest => rows.order_by_desc(Column::Id),
        Sort::Rating => rows
            .order_by_desc(Column::RatingAverage)
            .order_by_desc(Column::Id),
        Sort::Name => rows.order_by_asc(Column::SortName).order_by_asc(Column::Id),
    }
}

/// The rows behind a cursor.
fn behind(cursor: &RestaurantCursor) -> SimpleExpr {
    use restaurant::Column;
    let id = || Expr::col(Column::Id);
    match cursor {
        RestaurantCursor::Newest(last) => Column::Id.lt(*last),
        RestaurantCursor::Rating(average, last) => {
            Expr::tuple([Expr::col(Column::RatingAverage), id()])
                .lt(Expr::tuple([Expr::val(*average), Expr::val(*last)]))
        }
        RestaurantCursor::Name(name, last) => Expr::tuple([Expr::col(Column::SortName), id()])
            .gt(Expr::tuple([Expr::val(name.as_str()), Expr::val(*last)])),
    }
}
