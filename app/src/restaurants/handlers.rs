//! Handlers of the feature: one function for each route.

use salvo::{Writer as _, handler};
use sea_orm::{DatabaseConnection, DbErr};
use serde::{Deserialize, Serialize};

use super::forms::{NewRestaurant, NewReview, RESTAURANT_FIELDS, review_fields};
use super::repository::{self, ListRequest};
use super::restaurant::{RatedRestaurant, Sort};
use super::views::{
    EditRestaurantView, NewRestaurantView, RestaurantDetails, RestaurantListView, RestaurantView,
    ReviewEntry, SortLink,
};
use super::{restaurant, review};
use crate::current_user::CurrentUser;
use crate::extract::{Form, Id, Query, Reader, Visitor};
use crate::form::{FormValues, FormView};
use crate::pagination::Cursor;
use crate::response::{Error, FormOutcome, Page};
use crate::state::AppState;

/// Messages about what has been done, by their name in the query parameter `notice`: a link cannot make
/// the site show another text.
const NOTICES: [(&str, &str); 5] = [
    (
        RESTAURANT_ADDED,
        "The restaurant has been added. Be the first to review it.",
    ),
    (RESTAURANT_EDITED, "The restaurant has been changed."),
    (
        RESTAURANT_DELETED,
        "The restaurant and its reviews have been deleted.",
    ),
    (REVIEW_ADDED, "Thank you: your review has been added."),
    (REVIEW_DELETED, "The review has been deleted."),
];
const RESTAURANT_ADDED: &str = "restaurant-added";
const RESTAURANT_EDITED: &str = "restaurant-edited";
const RESTAURANT_DELETED: &str = "restaurant-deleted";
const REVIEW_ADDED: &str = "review-added";
const REVIEW_DELETED: &str = "review-deleted";

fn notice(name: &str) -> Option<&'static str> {
    let notice = NOTICES.iter().find(|(known, _)| *known == name);
    notice.map(|(_, text)| *text)
}

/// Redirects to a restaurant's page with a notice.
fn saved<V>(id: i32, notice: &str) -> FormOutcome<V> {
    FormOutcome::Saved(format!("{}?notice={notice}", restaurant::path(id)))
}

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
    #[serde(skip_serializing)]
    notice: String,
}

#[handler]
pub(super) async fn list_restaurants(
    state: AppState,
    reader: Reader,
    query: Query<ListQuery>,
) -> Result<Page<RestaurantListView>, Error> {
    let query = query.0;
    let settings = &state.config.feature;
    let sort = Sort::from_name(&query.sort);
    let request = &ListRequest {
        words: &query.q,
        sort,
        after: sort.parse_cursor(&query.after),
        page_size: settings.list_page_size,
        search_limit: settings.search_limit,
    };
    let read = |db| async move { repository::list_restaurants(&db, request).await };
    let page = reader.read(read).await?;
    let path = |sort, after: &str| list_path(&query, sort, after);
    let links = Sort::ALL.map(|choice| SortLink {
        label: choice.label(),
        path: path(choice, ""),
        current: choice == sort,
    });
    Ok(Page::new(RestaurantListView {
        searching: !query.q.trim().is_empty(),
        sort: sort.name(),
        is_default_sort: sort == Sort::default(),
        sort_links: links.into(),
        first: request.after.is_some().then(|| path(sort, "")),
        next: page.next.map(|next| path(sort, &next.to_string())),
        capped: page.capped,
        restaurants: page.rows.into_iter().map(Into::into).collect(),
        notice: notice(&query.notice),
        query: query.q,
    }))
}

/// The path of the list with the same search, in this order, after this cursor.
fn list_path(query: &ListQuery, sort: Sort, after: &str) -> String {
    let sort = Some(sort).filter(|sort| *sort != Sort::default());
    let query = ListQuery {
        q: query.q.clone(),
        sort: sort.map_or("", Sort::name).to_owned(),
        after: after.to_owned(),
        notice: String::new(),
    };
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("/?{query}"),
        _ => "/".to_owned(),
    }
}

#[handler]
pub(super) async fn new_restaurant() -> Page<NewRestaurantView> {
    Page::new(NewRestaurantView {
        form: FormView::new(RESTAURANT_FIELDS),
    })
}

#[handler]
pub(super) async fn create_restaurant(
    state: AppState,
    form: Form<FormValues>,
) -> Result<FormOutcome<NewRestaurantView>, Error> {
    let form = form.0;
    match NewRestaurant::parse(&form) {
        Ok(new) => {
            let db = state.database.connection();
            let id = repository::insert_restaurant(db, new, form.submission_key()).await?;
            Ok(saved(id, RESTAURANT_ADDED))
        }
        Err(errors) => Ok(FormOutcome::Invalid(NewRestaurantView {
            form: FormView::refused(RESTAURANT_FIELDS, &form, &errors),
        })),
    }
}

#[handler]
pub(super) async fn edit_restaurant(
    state: AppState,
    id: Id,
) -> Result<Page<EditRestaurantView>, Error> {
    let restaurant = repository::get_restaurant(state.database.connection(), id.0).await?;
    let form = NewRestaurant {
        name: restaurant.name,
        street_address: restaurant.street_address,
        description: restaurant.description,
    };
    Ok(Page::new(EditRestaurantView {
        path: restaurant::path(id.0),
        form: FormView::filled(RESTAURANT_FIELDS, &form.into_form()),
    }))
}

#[handler]
pub(super) async fn update_restaurant(
    state: AppState,
    id: Id,
    form: Form<FormValues>,
) -> Result<FormOutcome<EditRestaurantView>, Error> {
    let db = state.database.connection();
    repository::get_restaurant(db, id.0).await?;
    match NewRestaurant::parse(&form.0) {
        Ok(new) => {
            repository::update_restaurant(db, id.0, new).await?;
            Ok(saved(id.0, RESTAURANT_EDITED))
        }
        Err(errors) => Ok(FormOutcome::Invalid(EditRestaurantView {
            path: restaurant::path(id.0),
            form: FormView::refused(RESTAURANT_FIELDS, &form.0, &errors),
        })),
    }
}

#[handler]
pub(super) async fn delete_restaurant(
    state: AppState,
    id: Id,
) -> Result<FormOutcome<EditRestaurantView>, Error> {
    let db = state.database.connection();
    repository::get_restaurant(db, id.0).await?;
    repository::delete_restaurant(db, id.0).await?;
    Ok(FormOutcome::Saved(format!("/?notice={RESTAURANT_DELETED}")))
}

/// The query of a restaurant's page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DetailsQuery {
    after: String,
    notice: String,
}

#[handler]
pub(super) async fn show_restaurant(
    state: AppState,
    reader: Reader,
    visitor: Visitor,
    id: Id,
    query: Query<DetailsQuery>,
) -> Result<Page<RestaurantView>, Error> {
    let after = &review::parse_cursor(&query.0.after);
    let page_size = state.config.feature.details_page_size;
    let read = |db| async move { load_details(&db, id.0, after.as_ref(), page_size).await };
    let details = reader.read(read).await?;
    let form = FormView::new(review_fields(visitor.user()));
    Ok(Page::new(RestaurantView {
        may_write: visitor.may_write(&state),
        first: after.as_ref().map(|_| restaurant::path(id.0)),
        notice: notice(&query.0.notice),
        ..view(details, visitor.user(), form)
    }))
}

#[handler]
pub(super) async fn create_review(
    state: AppState,
    visitor: Visitor,
    id: Id,
    form: Form<FormValues>,
) -> Result<FormOutcome<RestaurantView>, Error> {
    let form = form.0;
    let db = state.database.connection();
    let may_write = visitor.may_write(&state);
    let author = visitor.signed_in()?;
    let author = author.as_ref();
    match NewReview::parse(&form, author) {
        Ok(new) => {
            repository::insert_review(db, id.0, new, form.submission_key()).await?;
            Ok(saved(id.0, REVIEW_ADDED))
        }
        Err(errors) => {
            let form = FormView::refused(review_fields(author), &form, &errors);
            let page_size = state.config.feature.details_page_size;
            let details = load_details(db, id.0, None, page_size).await?;
            Ok(FormOutcome::Invalid(RestaurantView {
                may_write,
                ..view(details, author, form)
            }))
        }
    }
}

/// A restaurant, a page of its reviews, and the cursor of the next page.
type Details = (RatedRestaurant, Vec<review::Model>, Option<Cursor>);

async fn load_details(
    db: &DatabaseConnection,
    id: i32,
    after: Option<&Cursor>,
    page_size: u64,
) -> Result<Details, DbErr> {
    let restaurant = repository::get_restaurant(db, id).await?;
    let (reviews, next) = repository::list_reviews(db, id, after, page_size).await?;
    Ok((restaurant, reviews, next))
}

/// A restaurant's page for a visitor who may not write.
fn view(details: Details, user: Option<&CurrentUser>, form: FormView) -> RestaurantView {
    let (restaurant, reviews, next) = details;
    let path = restaurant::path(restaurant.id);
    RestaurantView {
        restaurant: RestaurantDetails::from(&restaurant),
        next: next.map(|next| format!("{path}?after={next}")),
        first: None,
        reviews: reviews
            .into_iter()
            .map(|review| ReviewEntry::new(review, user))
            .collect(),
        form,
        may_edit: user.is_some_and(CurrentUser::is_admin),
        may_write: false,
        notice: None,
    }
}

#[handler]
pub(super) async fn delete_review(
    state: AppState,
    user: CurrentUser,
    id: Id,
) -> Result<FormOutcome<RestaurantView>, Error> {
    let db = state.database.connection();
    let review = repository::get_review(db, id.0).await?;
    if !review.may_be_deleted_by(Some(&user)) {
        return Err(Error::Forbidden(
            "Only the author of a review and administrators can delete it.",
        ));
    }
    repository::delete_review(db, &review).await?;
    Ok(saved(review.restaurant, REVIEW_DELETED))
}
