//! The form of a new restaurant.

use serde::Serialize;

use crate::extract::FieldErrors;
use crate::page::View;
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
