//! What the templates show: one struct for each page.

mod score;
mod list;
mod new;
mod show;

pub(super) use list::{RestaurantEntry, RestaurantList, SortChoice};
pub(super) use new::{EditRestaurantPage, NewRestaurantPage};
pub(super) use show::{RestaurantPage, ReviewEntry};

use crate::restaurants::forms::is_blank;

const NO_NAME: &str = "Unnamed restaurant";
const NO_AUTHOR: &str = "Unnamed reviewer";

/// The Python sample let in blank names; a link and a heading must not be empty.
fn or_instead(text: String, instead: &str) -> String {
    if is_blank(&text) {
        return instead.to_owned();
    }
    text
}
