//! From typed arguments to a typed page: one function a route.

use salvo::writing::Redirect;
use salvo::{Writer as _, handler};
use serde::{Deserialize, Serialize};

use super::cursor::{RestaurantCursor, ReviewCursor, Sort};
use super::forms::{RestaurantForm, ReviewForm};
use super::repository::{self, ListRequest};
use super::views::{
    NewRestaurantPage, RestaurantEntry, RestaurantList, RestaurantPage, ReviewEntry, SortChoice,
};
use super::{restaurant, submission};
use crate::error::Error;
use crate::extract::{FieldErrors, Form, Id, Query};
use crate::page::{Page, Submission};
use crate::state::AppState;

/// The query of the list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ListQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

/// The query of a restaurant's page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DetailsQuery {
    after: String,
    notice: String,
}

#[handler]
pub(super) async fn list_restaurants(
    state: AppState,
    query: Query<ListQuery>,
) -> Result<Page<RestaurantList>, Error> {
    let query = query.0;
    let http = &state.config.http;
    let page_size = http.list_page_size;
    let sort = Sort::of(&query.sort);
    let request = ListRequest {
        words: &query.q,
        sort,
        after: RestaurantCursor::parse(sort, &query.after),
        limit: page_size + 1,
        search_limit: http.search_limit,
    };
    let listing = repository::list_restaurants(state.database.connection(), &request).await?;
    let (rows, last) = cut(listing.rows, page_size);
    Ok(Page::new(RestaurantList {
        searching: !query.q.trim().is_empty(),
        sort: sort.name(),
        sorts: Sort::ALL
            .map(|choice| sort_choice(&query, choice, sort))
            .into(),
        first: request.after.is_some().then(|| list_path(&query, sort, "")),
        next: last.map(|last| list_path(&query, sort, &last.cursor(sort).to_string())),
        capped: listing.capped.then_some(http.search_limit),
        restaurants: rows.into_iter().map(RestaurantEntry::from).collect(),
        query: query.q,
    }))
}

#[handler]
pub(super) async fn new_restaurant() -> Page<NewRestaurantPage> {
    let form = RestaurantForm {
        submission_key: submission::new_key(),
        ..RestaurantForm::default()
    };
    Page::new(new_restaurant_page(form, FieldErrors::default()))
}

#[handler]
pub(super) async fn create_restaurant(
    state: AppState,
    form: Form<RestaurantForm>,
) -> Result<Submission<NewRestaurantPage>, Error> {
    let form = form.0;
    match form.parse() {
        Ok(new) => {
            let db = state.database.connection();
            let id = repository::insert_restaurant(db, new, &form.submission_key).await?;
            Ok(Submission::Saved(format!(
                "{}?notice={ADDED}",
                restaurant::path(id)
            )))
        }
        Err(errors) => Ok(Submission::Invalid(new_restaurant_page(form, errors))),
    }
}

#[handler]
pub(super) async fn show_restaurant(
    state: AppState,
    id: Id,
    query: Query<DetailsQuery>,
) -> Result<Page<RestaurantPage>, Error> {
    let form = ReviewForm {
        submission_key: submission::new_key(),
        ..ReviewForm::default()
    };
    let restaurant = repository::get_restaurant(state.database.connection(), id.0).await?;
    let page = load_page(&state, &restaurant, &query.0).await?;
    Ok(Page::new(RestaurantPage { form, ..page }))
}

#[handler]
pub(super) async fn create_review(
    state: AppState,
    id: Id,
    form: Form<ReviewForm>,
) -> Result<Submission<RestaurantPage>, Error> {
    let form = form.0;
    let db = state.database.connection();
    let restaurant = repository::get_restaurant(db, id.0).await?;
    match form.parse() {
        Ok(new) => {
            repository::insert_review(db, &restaurant, new, &form.submission_key).await?;
            Ok(Submission::Saved(format!(
                "{}?notice={REVIEWED}",
                restaurant::path(restaurant.id)
            )))
        }
        Err(errors) => {
            let page = load_page(&state, &restaurant, &DetailsQuery::default()).await?;
            Ok(Submission::Invalid(RestaurantPage {
                form,
                has_errors: true,
                errors,
                ..page
            }))
        }
    }
}

/// The Python sample's address of the form.
#[handler]
pub(super) async fn redirect_to_new() -> Redirect {
    Redirect::permanent("/restaurants/new")
}

/// The Python sample's address of a restaurant.
#[handler]
pub(super) async fn redirect_to_restaurant(id: Id) -> Redirect {
    Redirect::permanent(restaurant::path(id.0))
}

const ADDED: &str = "restaurant-added";
const REVIEWED: &str = "review-added";

/// A name in the query stands for a text of ours, so that a link cannot put words into our mouth.
fn notice(name: &str) -> Option<&'static str> {
    match name {
        ADDED => Some("The restaurant has been added. Be the first to review it."),
        REVIEWED => Some("Thank you: your review has been added."),
        _ => None,
    }
}

fn new_restaurant_page(form: RestaurantForm, errors: FieldErrors) -> NewRestaurantPage {
    NewRestaurantPage {
        form,
        has_errors: !errors.is_empty(),
        errors,
    }
}

/// A restaurant's page with an empty form.
async fn load_page(
    state: &AppState,
    restaurant: &restaurant::Model,
    query: &DetailsQuery,
) -> Result<RestaurantPage, Error> {
    let page_size = state.config.http.details_page_size;
    let after = ReviewCursor::parse(&query.after);
    let db = state.database.connection();
    let reviews = repository::reviews_of(db, restaurant, after, page_size + 1).await?;
    let (reviews, last) = cut(reviews, page_size);
    let path = restaurant::path(restaurant.id);
    Ok(RestaurantPage {
        restaurant: restaurant.into(),
        first: after.is_some().then(|| path.clone()),
        next: last.map(|last| {
            let cursor = ReviewCursor {
                date: last.review_date,
                id: last.id,
            };
            format!("{path}?after={cursor}")
        }),
        reviews: reviews.into_iter().map(ReviewEntry::from).collect(),
        form: ReviewForm::default(),
        has_errors: false,
        errors: FieldErrors::default(),
        name_offered: true,
        may_edit: false,
        may_write: true,
        sign_in_path: String::new(),
        notice: notice(&query.notice),
    })
}

/// The rows of a page, and the last of them when another page follows.
fn cut<T: Clone>(mut rows: Vec<T>, page_size: u64) -> (Vec<T>, Option<T>) {
    let size = usize::try_from(page_size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| more).cloned();
    (rows, last)
}

fn sort_choice(query: &ListQuery, choice: Sort, current: Sort) -> SortChoice {
    SortChoice {
        value: choice.name(),
        label: choice.label(),
        path: list_path(query, choice, ""),
        current: choice == current,
    }
}

/// The list with the same search, in this order, from this cursor on.
fn list_path(query: &ListQuery, sort: Sort, after: &str) -> String {
    let sort = if sort == Sort::Newest {
        ""
    } else {
        sort.name()
    };
    let query = ListQuery {
        q: query.q.clone(),
        sort: sort.to_owned(),
        after: after.to_owned(),
    };
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("/?{query}"),
        _ => "/".to_owned(),
    }
}
