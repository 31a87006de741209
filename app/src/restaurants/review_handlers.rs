//! Handlers of reviews: one function for each route.

use salvo::{Writer as _, handler};

use super::addresses::{DetailsQuery, REVIEWS};
use super::forms::{NewReview, review_fields};
use super::handlers::load_page;
use super::pages::{EditReviewView, RestaurantView};
use super::views::{author_or_placeholder, name_or_placeholder};
use super::{notices, repository, restaurant, review, review_repository};
use crate::current_user::CurrentUser;
use crate::extract::{Form, Id, Visitor};
use crate::form::{FormValues, FormView};
use crate::response::{Confirmation, Error, FormOutcome, Page};
use crate::state::AppState;

#[handler]
pub(super) async fn create_review(
    state: AppState,
    visitor: Visitor,
    id: Id,
    form: Form<FormValues>,
) -> Result<FormOutcome<RestaurantView>, Error> {
    let form = form.0;
    let author = visitor.signed_in()?;
    let author = author.as_ref();
    match NewReview::parse(&form, author) {
        Ok(new) => {
            let digest = new.digest(id.0, form.submission_key());
            let db = state.database.inserter(digest.is_some());
            let inserted = review_repository::insert_review(&db, id.0, new, digest).await?;
            let path = review::added_path(id.0, inserted.id);
            Ok(FormOutcome::Saved(path, notices::REVIEW_ADDED))
        }
        Err(errors) => {
            let form = FormView::refused(review_fields(author.is_none()), &form, &errors);
            let query = DetailsQuery::default();
            let db = state.database.readers();
            let page = load_page(db, &state, &visitor, id.0, &query, form).await?;
            Ok(FormOutcome::Invalid(page))
        }
    }
}

#[handler]
pub(super) async fn edit_review(
    state: AppState,
    user: CurrentUser,
    id: Id,
) -> Result<Page<EditReviewView>, Error> {
    let review = get_own_review(&state, &user, id).await?;
    let form = NewReview {
        user_name: review.user_name.clone(),
        rating: review.rating,
        review_text: review.review_text.clone(),
        author_key: None,
    };
    let form = FormView::filled(review_fields(false), &form.into_form());
    Ok(Page::new(edit_view(&state, &review, form).await?))
}

#[handler]
pub(super) async fn update_review(
    state: AppState,
    user: CurrentUser,
    id: Id,
    form: Form<FormValues>,
) -> Result<FormOutcome<EditReviewView>, Error> {
    let review = get_own_review(&state, &user, id).await?;
    match NewReview::parse(&form.0, Some(&user)) {
        Ok(new) => {
            let db = state.database.connection();
            review_repository::update_review(db, &review, new).await?;
            Ok(FormOutcome::Saved(review.path(), notices::REVIEW_EDITED))
        }
        Err(errors) => {
            let form = FormView::refused(review_fields(false), &form.0, &errors);
            let page = edit_view(&state, &review, form).await?;
            Ok(FormOutcome::Invalid(page))
        }
    }
}

async fn edit_view(
    state: &AppState,
    review: &review::Model,
    form: FormView,
) -> Result<EditReviewView, Error> {
    let db = state.database.readers();
    let restaurant = repository::get_restaurant(db, review.restaurant).await?;
    Ok(EditReviewView {
        action: format!("/reviews/{}/edit", review.id),
        cancel: review.path(),
        restaurant: name_or_placeholder(restaurant.name),
        form,
    })
}

/// # Errors
/// `Forbidden` for the review of another author.
async fn get_own_review(
    state: &AppState,
    user: &CurrentUser,
    id: Id,
) -> Result<review::Model, Error> {
    let db = state.database.readers();
    let review = review_repository::get_review(db, id.0).await?;
    if !review.is_by(Some(user)) {
        return Err(Error::Forbidden("Only the author of a review can edit it."));
    }
    Ok(review)
}

/// `GET` of the address that deletes: asks first.
#[handler]
pub(super) async fn confirm_deletion(
    state: AppState,
    user: CurrentUser,
    id: Id,
) -> Result<Page<Confirmation>, Error> {
    let review = get_deletable_review(&state, &user, id).await?;
    let db = state.database.readers();
    let restaurant = repository::get_restaurant(db, review.restaurant).await?;
    let cancel = review.path();
    Ok(Page::new(Confirmation {
        question: "Delete this review?",
        facts: vec![
            ("Restaurant", name_or_placeholder(restaurant.name)),
            ("Author", author_or_placeholder(review.user_name)),
            ("Review", review.review_text),
        ],
        consequence: "This cannot be undone.",
        action: format!("/reviews/{}/delete", review.id),
        button: "Delete review",
        cancel,
    }))
}

#[handler]
pub(super) async fn delete_review(
    state: AppState,
    user: CurrentUser,
    id: Id,
) -> Result<FormOutcome<Confirmation>, Error> {
    let review = get_deletable_review(&state, &user, id).await?;
    review_repository::delete_review(state.database.connection(), &review).await?;
    let path = restaurant::path(review.restaurant) + REVIEWS;
    Ok(FormOutcome::Saved(path, notices::REVIEW_DELETED))
}

/// # Errors
/// `Forbidden` unless the user is the author or an administrator.
async fn get_deletable_review(
    state: &AppState,
    user: &CurrentUser,
    id: Id,
) -> Result<review::Model, Error> {
    let db = state.database.readers();
    let review = review_repository::get_review(db, id.0).await?;
    review.check_deletion_by(user)?;
    Ok(review)
}
