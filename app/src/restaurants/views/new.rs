//! The forms of a new restaurant and of one to be edited.

use serde::Serialize;

use crate::extract::FieldErrors;
use crate::response::View;
use crate::restaurants::forms::RestaurantForm;

/// `GET /restaurants/new`, and its form when something is wrong with it.
#[derive(Serialize)]
pub(in crate::restaurants) struct NewRestaurantPage {
    pub form: RestaurantForm,
    pub has_errors: bool,
    pub errors: FieldErrors,
}

impl View for NewRestaurantPage {
    const TEMPLATE: &'static str = "restaurants/new.html";

    fn title(&self) -> String {
        "Add a restaurant".to_owned()
    }
}

/// `GET /restaurants/{id}/edit`, and its form when something is wrong with it.
#[derive(Serialize)]
pub(in crate::restaurants) struct EditRestaurantPage {
    pub path: String,
    pub form: RestaurantForm,
    pub has_errors: bool,
    pub errors: FieldErrors,
}

impl View for EditRestaurantPage {
    const TEMPLATE: &'static str = "restaurants/edit.html";

    fn title(&self) -> String {
        "Edit a restaurant".to_owned()
    }
}
