//! A new restaurant.

use salvo::{Writer as _, handler};

use super::notice::ADDED;
use crate::extract::{FieldErrors, Form};
use crate::response::{Error, FormOutcome, Page};
use crate::restaurants::forms::RestaurantForm;
use crate::restaurants::views::NewRestaurantPage;
use crate::restaurants::{repository, restaurant, submission};
use crate::state::AppState;

#[handler]
pub(in crate::restaurants) async fn new_restaurant() -> Page<NewRestaurantPage> {
    let form = RestaurantForm {
        submission_key: submission::new_key(),
        ..RestaurantForm::default()
    };
    Page::new(new_restaurant_page(form, FieldErrors::default()))
}

#[handler]
pub(in crate::restaurants) async fn create_restaurant(
    state: AppState,
    form: Form<RestaurantForm>,
) -> Result<FormOutcome<NewRestaurantPage>, Error> {
    let form = form.0;
    match form.parse() {
        Ok(new) => {
            let db = state.database.connection();
            let id = repository::insert_restaurant(db, new, &form.submission_key).await?;
            Ok(FormOutcome::Saved(format!(
                "{}?notice={ADDED}",
                restaurant::path(id)
            )))
        }
        Err(errors) => Ok(FormOutcome::Invalid(new_restaurant_page(form, errors))),
    }
}

fn new_restaurant_page(form: RestaurantForm, errors: FieldErrors) -> NewRestaurantPage {
    NewRestaurantPage {
        form,
        has_errors: !errors.is_empty(),
        errors,
    }
}
