//! What the templates show: one struct for each page.

mod score;
mod list;
mod new;
mod show;

pub(super) use list::{RestaurantEntry, RestaurantList, SortChoice};
pub(super) use new::{EditRestaurantPage, NewRestaurantPage};
pub(super) use show::{RestaurantPage, ReviewEntry};
