//! The example domain: restaurants and their reviews. Replace this folder and keep the rest.

pub mod restaurant;
pub mod review;
mod submission;
mod cursor;
pub mod forms;
mod repository;
mod views;
mod handlers;
mod seed;

use salvo::Router;
pub use seed::{SeedOptions, seed};

use crate::routing::{get, post};

/// The feature's addresses; the last four are the Python sample's.
pub fn routes() -> Router {
    Router::new()
        .push(get("", handlers::list_restaurants))
        .push(post("restaurants", handlers::create_restaurant))
        .push(get("restaurants/new", handlers::new_restaurant))
        .push(get("restaurants/{id}", handlers::show_restaurant))
        .push(post("restaurants/{id}/reviews", handlers::create_review))
        .push(get("create", handlers::redirect_to_new))
        .push(post("add", handlers::create_restaurant))
        .push(get("details/{id}", handlers::redirect_to_restaurant))
        .push(post("review/{id}", handlers::create_review))
}
