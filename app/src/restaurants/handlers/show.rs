//! A restaurant's page, and a new review on it.

use salvo::{Writer as _, handler};
use serde::Deserialize;

use super::cut;
use super::notice::{self, REVIEWED};
use crate::config::SignInRequired;
use crate::current_user::CurrentUser;
use crate::extract::{FieldErrors, Form, Id, Query, Visitor};
use crate::response::{Error, FormOutcome, Page};
use crate::restaurants::cursor::ReviewCursor;
use crate::restaurants::forms::ReviewForm;
use crate::restaurants::views::{RestaurantPage, ReviewEntry};
use crate::restaurants::{repository, restaurant, submission};
use crate::state::AppState;

/// The query of a restaurant's page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::restaurants) struct DetailsQuery {
    after: String,
    notice: String,
}

#[handler]
pub(in crate::restaurants) async fn show_restaurant(
    state: AppState,
    visitor: Visitor,
    id: Id,
    query: Query<DetailsQuery>,
) -> Result<Page<RestaurantPage>, Error> {
    let form = ReviewForm {
        submission_key: submission::new_key(),
        ..ReviewForm::default()
    };
    let restaurant = repository::get_restaurant(state.database.connection(), id.0).await?;
    let page = load_page(&state, &restaurant, visitor.user(), &query.0).await?;
    Ok(Page::new(RestaurantPage { form, ..page }))
}

#[handler]
pub(in crate::restaurants) async fn create_review(
    state: AppState,
    visitor: Visitor,
    id: Id,
    form: Form<ReviewForm>,
) -> Result<FormOutcome<RestaurantPage>, Error> {
    let form = form.0;
    let db = state.database.connection();
    let author = visitor.signed_in()?;
    let restaurant = repository::get_restaurant(db, id.0).await?;
    match form.parse(author.as_ref()) {
        Ok(new) => {
            repository::insert_review(db, &restaurant, new, &form.submission_key).await?;
            Ok(FormOutcome::Saved(format!(
                "{}?notice={REVIEWED}",
                restaurant::path(restaurant.id)
            )))
        }
        Err(errors) => {
            let page = load_page(
                &state,
                &restaurant,
                author.as_ref(),
                &DetailsQuery::default(),
            )
            .await?;
            Ok(FormOutcome::Invalid(RestaurantPage {
                form,
                has_errors: true,
                errors,
                ..page
            }))
        }
    }
}

/// A restaurant's page with an empty form.
async fn load_page(
    state: &AppState,
    restaurant: &restaurant::Model,
    user: Option<&CurrentUser>,
    query: &DetailsQuery,
) -> Result<RestaurantPage, Error> {
    let page_size = state.config.restaurants.details_page_size;
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
        reviews: reviews
            .into_iter()
            .map(|review| ReviewEntry::new(review, user))
            .collect(),
        form: ReviewForm::default(),
        has_errors: false,
        errors: FieldErrors::default(),
        name_offered: user.is_none(),
        may_edit: user.is_some_and(CurrentUser::is_admin),
        may_write: user.is_some() || !writing_needs_an_account(state),
        notice: notice::text(&query.notice),
    })
}

fn writing_needs_an_account(state: &AppState) -> bool {
    let required = state
        .config
        .sign_in
        .as_ref()
        .map(|sign_in| sign_in.required);
    required.is_some_and(|required| required != SignInRequired::None)
}
