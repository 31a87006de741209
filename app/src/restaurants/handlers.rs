//! Handlers of the list and of restaurants: one function for each route. `review_handlers` has those of reviews.

use salvo::{Writer as _, handler};
use sea_orm::{ConnectionTrait, DbErr};

use super::addresses::{DetailsQuery, ListQuery, REVIEWS};
use super::forms::{NewRestaurant, RESTAURANT_FIELDS, review_fields};
use super::pages::{
    BackLink, EditRestaurantView, NewRestaurantView, RestaurantListView, RestaurantView, SortLink,
};
use super::repository::{self, ListRequest, RestaurantPage};
use super::restaurant::{self, RatedRestaurant, Sort};
use super::review_repository::{self, ReviewRequest};
use super::views::{
    RestaurantDetails, ReviewEntry, describe_matches, group_thousands, name_or_placeholder,
};
use super::{notices, review};
use crate::current_user::CurrentUser;
use crate::extract::{Form, Id, Query, Reader, Visitor};
use crate::form::{FormValues, FormView};
use crate::pagination::{ListPage, Position};
use crate::response::{Confirmation, Error, FormOutcome, Page, Pager};
use crate::search::MatchCount;
use crate::state::AppState;
use crate::version::{self, Expected};

#[handler]
pub(super) async fn list_restaurants(
    state: AppState,
    reader: Reader,
    query: Query<ListQuery>,
) -> Result<Page<RestaurantListView>, Error> {
    let query = query.0;
    let settings = &state.config.feature;
    let request = &ListRequest {
        words: &query.q,
        sort: query.sort(),
        position: query.position(),
        page_size: settings.list_page_size,
        search_limit: settings.search_limit,
    };
    let read = |db| async move { repository::list_restaurants(&db, request).await };
    let page = reader.read(read).await?;
    Ok(Page::new(list_view(&query, page)))
}

fn list_view(query: &ListQuery, page: RestaurantPage) -> RestaurantListView {
    let RestaurantPage { list, matches } = page;
    let sort = query.sort();
    let at = |position: &Position| query.at(sort, position);
    let shown = at(&list.position());
    let capped = match matches {
        Some(MatchCount::MoreThan(limit)) if sort != Sort::Newest => Some(group_thousands(limit)),
        _ => None,
    };
    let links = Sort::ALL.map(|choice| SortLink {
        label: choice.label(),
        path: query.at(choice, &Position::First).address(),
        current: choice == sort,
    });
    RestaurantListView {
        searching: query.is_search(),
        sort: sort.name(),
        is_default_sort: sort == Sort::default(),
        sort_links: links.into(),
        pager: Pager::new(&list, |position| at(position).address()),
        matches: matches.and_then(describe_matches),
        capped,
        canonical: (!query.is_search()).then(|| shown.address()),
        link_suffix: shown.to_link_suffix(),
        restaurants: list.rows.into_iter().map(Into::into).collect(),
        query: query.q.clone(),
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
            let digest = new.digest(form.submission_key());
            let db = state.database.inserter(digest.is_some());
            let inserted = repository::insert_restaurant(&db, new, digest).await?;
            let path = restaurant::path(inserted.id);
            Ok(FormOutcome::Saved(path, notices::RESTAURANT_ADDED))
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
    let db = state.database.readers();
    let restaurant = repository::get_restaurant(db, id.0).await?;
    let version = restaurant.version();
    let form = NewRestaurant {
        name: restaurant.name,
        street_address: restaurant.street_address,
        description: restaurant.description,
    };
    Ok(Page::new(EditRestaurantView {
        path: restaurant::path(id.0),
        version,
        form: FormView::filled(RESTAURANT_FIELDS, &form.into_form()),
        stored: None,
    }))
}

#[handler]
pub(super) async fn update_restaurant(
    state: AppState,
    id: Id,
    form: Form<FormValues>,
) -> Result<FormOutcome<EditRestaurantView>, Error> {
    let form = form.0;
    let db = state.database.connection();
    repository::get_restaurant(db, id.0).await?;
    let edited = |form, version: &str, stored| EditRestaurantView {
        path: restaurant::path(id.0),
        version: version.to_owned(),
        form,
        stored,
    };
    let version = form.get(version::FIELD);
    match NewRestaurant::parse(&form) {
        Ok(new) => {
            let expected = Expected::from_field(version);
            if repository::update_restaurant(db, id.0, new, &expected).await? {
                let path = restaurant::path(id.0);
                return Ok(FormOutcome::Saved(path, notices::RESTAURANT_EDITED));
            }
            let current = repository::get_restaurant(db, id.0).await?;
            let form = FormView::filled(RESTAURANT_FIELDS, &form);
            let view = edited(form, &current.version(), Some(current.into()));
            Ok(FormOutcome::Conflict(view))
        }
        Err(errors) => {
            let refused = FormView::refused(RESTAURANT_FIELDS, &form, &errors);
            Ok(FormOutcome::Invalid(edited(refused, version, None)))
        }
    }
}

/// `GET` of the address that deletes: asks first.
#[handler]
pub(super) async fn confirm_deletion(state: AppState, id: Id) -> Result<Page<Confirmation>, Error> {
    let db = state.database.readers();
    let restaurant = repository::get_restaurant(db, id.0).await?;
    let path = restaurant::path(id.0);
    Ok(Page::new(Confirmation {
        question: "Delete this restaurant?",
        facts: vec![
            ("Name", name_or_placeholder(restaurant.name)),
            ("Street address", restaurant.street_address),
            ("Reviews", restaurant.review_count.to_string()),
        ],
        consequence: "Its reviews are deleted too. This cannot be undone.",
        action: format!("{path}/delete"),
        button: "Delete restaurant and reviews",
        cancel: path,
    }))
}

#[handler]
pub(super) async fn delete_restaurant(
    state: AppState,
    id: Id,
) -> Result<FormOutcome<Confirmation>, Error> {
    let db = state.database.connection();
    repository::delete_restaurant(db, id.0, &Expected::Any).await?;
    let list = "/".to_owned();
    Ok(FormOutcome::Saved(list, notices::RESTAURANT_DELETED))
}

#[handler]
pub(super) async fn show_restaurant(
    state: AppState,
    reader: Reader,
    visitor: Visitor,
    id: Id,
    query: Query<DetailsQuery>,
) -> Result<Page<RestaurantView>, Error> {
    let user = visitor.user();
    let query = &query.0;
    let read = |db| {
        let form = FormView::new(review_fields(user.is_none()));
        let (state, visitor) = (&state, &visitor);
        async move { load_page(&db, state, visitor, id.0, query, form).await }
    };
    let page = reader.read(read).await?;
    let own_review = match user {
        Some(user) => {
            let key = &user.key();
            let db = state.database.readers();
            review_repository::find_own_review(db, id.0, key).await?
        }
        None => None,
    };
    Ok(Page::new(RestaurantView {
        own_review: own_review.map(|review| ReviewEntry::new(review, user)),
        ..page
    }))
}

/// A restaurant's page with this form, and without the user's own review.
pub(super) async fn load_page(
    db: &impl ConnectionTrait,
    state: &AppState,
    visitor: &Visitor,
    id: i32,
    query: &DetailsQuery,
    form: FormView,
) -> Result<RestaurantView, DbErr> {
    let restaurant = repository::get_restaurant(db, id).await?;
    let request = ReviewRequest {
        restaurant: id,
        rating: query.rating(),
        position: query.position(),
        page_size: state.config.feature.details_page_size,
    };
    let list = review_repository::list_reviews(db, &request).await?;
    let user = visitor.user();
    let rating = query.rating();
    let address = |rating, position: &Position| query.at(rating, position).address(id) + REVIEWS;
    let pager = Pager::new(&list, |position| address(rating, position));
    Ok(RestaurantView {
        reviews_title: reviews_title(&restaurant, rating, &pager),
        all_reviews: rating.map(|_| address(None, &Position::First)),
        canonical: rating.is_none().then(|| canonical(id, &list)),
        restaurant: RestaurantDetails::new(&restaurant, query),
        pager,
        back: back_link(query),
        reviews: list
            .rows
            .into_iter()
            .map(|review| ReviewEntry::new(review, user))
            .collect(),
        form,
        own_review: None,
        may_edit: user.is_some_and(CurrentUser::is_admin),
        may_write: visitor.may_write(state),
    })
}

fn canonical(id: i32, list: &ListPage<review::Model>) -> String {
    let query = DetailsQuery::default().at(None, &list.position());
    query.address(id)
}

/// "Reviews (210)", or "4-star reviews (12)".
fn reviews_title(restaurant: &RatedRestaurant, rating: Option<i32>, pager: &Pager) -> String {
    let counts = (1..).zip(restaurant.rating_counts);
    let (title, count) = match counts.clone().find(|(value, _)| Some(*value) == rating) {
        Some((rating, count)) => (format!("{rating}-star reviews"), count),
        None => ("Reviews".to_owned(), restaurant.review_count),
    };
    let count = u64::try_from(count).unwrap_or_default();
    let title = if count == 0 {
        title
    } else {
        format!("{title} ({})", group_thousands(count))
    };
    super::pages::continued(title, pager)
}

fn back_link(query: &DetailsQuery) -> BackLink {
    let list = query.list();
    BackLink {
        path: list.address(),
        label: if list.is_search() {
            "Search results"
        } else {
            "All restaurants"
        },
    }
}
