//! Compatibility with the Python sample: its routes, dates and ratings.
//!
//! A new feature has nothing of this: it sorts by `Column::ReviewDate` and reads with `Entity::find()`.

use salvo::writing::Redirect;
use salvo::{Router, Writer as _, handler};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Func, Order};
use sea_orm::{DbBackend, EntityTrait as _, QuerySelect as _, Select};

use super::handlers::create_restaurant;
use super::review_handlers::create_review;
use super::{restaurant, review};
use crate::extract::Id;
use crate::pagination::Keyset;
use crate::routing::{form, get};

/// The sample's stored dates are text of several forms on SQLite, with and without fractions of a second.
const SQLITE_DATE_FORMAT: &str = "%Y-%m-%d %H:%M:%f";

/// PostgreSQL has dates outside of Rust's calendar, `infinity` among them.
const POSTGRES_DATE: &str = "LEAST(GREATEST(review.review_date, timestamp '0001-01-01'), \
    timestamp '9999-12-31 23:59:59.999999')";

/// The sample's addresses.
pub(super) fn routes() -> Router {
    Router::new()
        .push(get("create", redirect_to_new))
        .push(form("add", "/restaurants/new", create_restaurant))
        .push(get("details/{id}", redirect_to_restaurant))
        .push(form("review/{id}", "/restaurants/{id}", create_review))
}

#[handler]
async fn redirect_to_new() -> Redirect {
    Redirect::permanent("/restaurants/new")
}

#[handler]
async fn redirect_to_restaurant(id: Id) -> Redirect {
    Redirect::permanent(restaurant::path(id.0))
}

/// Reviews as they can be read, in the order of the fields of [`review::Model`]: a missing rating is 0, a missing text empty,
/// a date outside of the calendar its first or last day.
pub(super) fn find_reviews(backend: DbBackend) -> Select<review::Entity> {
    use review::Column;
    let date = match backend {
        DbBackend::Sqlite => Expr::col(Column::ReviewDate),
        _ => Expr::cust(POSTGRES_DATE),
    };
    review::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Restaurant])
        .expr_as(Expr::col(Column::UserName).if_null(""), "user_name")
        .expr_as(Expr::col(Column::Rating).if_null(0), "rating")
        .expr_as(Expr::col(Column::ReviewText).if_null(""), "review_text")
        .expr_as(date, "review_date")
        .columns([Column::AuthorKey, Column::SubmissionKey])
}

/// The order of reviews, newest first, by the expression of the index `review_by_date`.
pub(super) fn newest_reviews(backend: DbBackend) -> Keyset {
    let id = review::Column::Id;
    match backend {
        DbBackend::Sqlite => {
            let date = Expr::col((Alias::new("review"), review::Column::ReviewDate));
            Keyset::by_key(sqlite_date(date), id, Order::Desc).with_cursor_key(sqlite_date)
        }
        _ => Keyset::by_key(Expr::cust(POSTGRES_DATE), id, Order::Desc),
    }
}

fn sqlite_date(date: Expr) -> Expr {
    let format = Expr::cust(format!("'{SQLITE_DATE_FORMAT}'"));
    Func::cust("strftime").args([format, date]).into()
}

/// The rating of a review, unless the sample stored none or one that is not from 1 to 5.
pub(super) fn valid_rating(rating: i32) -> Option<i32> {
    (1..=5).contains(&rating).then_some(rating)
}
