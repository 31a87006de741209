//! What an administrator may do, and an author with a review of their own.

use salvo::{Writer as _, handler};

use super::notice::{EDITED, RESTAURANT_DELETED, REVIEW_DELETED};
use crate::current_user::CurrentUser;
use crate::extract::{FieldErrors, Form, Id};
use crate::response::{Error, FormOutcome, Page};
use crate::restaurants::forms::RestaurantForm;
use crate::restaurants::views::EditRestaurantPage;
use crate::restaurants::{repository, restaurant};
use crate::state::AppState;

#[handler]
pub(in crate::restaurants) async fn edit_restaurant(
    state: AppState,
    id: Id,
) -> Result<Page<EditRestaurantPage>, Error> {
    let restaurant = repository::get_restaurant(state.database.connection(), id.0).await?;
    let form = RestaurantForm {
        restaurant_name: restaurant.name,
        street_address: restaurant.street_address,
        description: restaurant.description,
        submission_key: String::new(),
    };
    Ok(Page::new(edit_page(id, form, FieldErrors::default())))
}

#[handler]
pub(in crate::restaurants) async fn update_restaurant(
    state: AppState,
    id: Id,
    form: Form<RestaurantForm>,
) -> Result<FormOutcome<EditRestaurantPage>, Error> {
    let db = state.database.connection();
    let form = form.0;
    let restaurant = repository::get_restaurant(db, id.0).await?;
    match form.parse() {
        Ok(new) => {
            repository::update_restaurant(db, &restaurant, new).await?;
            Ok(FormOutcome::Saved(format!(
                "{}?notice={EDITED}",
                restaurant::path(id.0)
            )))
        }
        Err(errors) => Ok(FormOutcome::Invalid(edit_page(id, form, errors))),
    }
}

#[handler]
pub(in crate::restaurants) async fn delete_restaurant(
    state: AppState,
    id: Id,
) -> Result<FormOutcome<EditRestaurantPage>, Error> {
    let db = state.database.connection();
    let restaurant = repository::get_restaurant(db, id.0).await?;
    repository::delete_restaurant(db, &restaurant).await?;
    Ok(FormOutcome::Saved(format!("/?notice={RESTAURANT_DELETED}")))
}

#[handler]
pub(in crate::restaurants) async fn delete_review(
    state: AppState,
    user: CurrentUser,
    id: Id,
) -> Result<FormOutcome<EditRestaurantPage>, Error> {
    let db = state.database.connection();
    let review = repository::get_review(db, id.0).await?;
    if !review.may_be_deleted_by(Some(&user)) {
        return Err(Error::Forbidden(
            "Only its author and administrators may delete a review.",
        ));
    }
    repository::delete_review(db, &review).await?;
    Ok(FormOutcome::Saved(format!(
        "{}?notice={REVIEW_DELETED}",
        restaurant::path(review.restaurant)
    )))
}

fn edit_page(id: Id, form: RestaurantForm, errors: FieldErrors) -> EditRestaurantPage {
    EditRestaurantPage {
        path: restaurant::path(id.0),
        form,
        has_errors: !errors.is_empty(),
        errors,
    }
}
