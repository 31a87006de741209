//! From typed arguments to a typed page: one function a route.

mod notice;
mod list;
mod new;
mod show;
mod administer;

pub(super) use administer::{delete_restaurant, delete_review, edit_restaurant, update_restaurant};
pub(super) use list::list_restaurants;
pub(super) use new::{create_restaurant, new_restaurant};
pub(super) use show::{create_review, show_restaurant};

use salvo::writing::Redirect;
use salvo::{Writer as _, handler};

use super::restaurant;
use crate::extract::Id;

/// The Python sample's address of the form.
#[handler]
pub(super) async fn redirect_to_new() -> Redirect {
    Redirect::permanent("/restaurants/new")
}

/// The Python sample's address of a restaurant.
#[handler]
pub(super) async fn redirect_to_restaurant(id: Id) -> Redirect {
    Redirect::permanent(restaurant::path(id.0))
}

/// The rows of a page, and the last of them when another page follows.
fn cut<T: Clone>(mut rows: Vec<T>, page_size: u64) -> (Vec<T>, Option<T>) {
    let size = usize::try_from(page_size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| more).cloned();
    (rows, last)
}
