//! The example: restaurants and their reviews. Replace this folder.
//!
//! The site uses `routes`, `protected_routes`, `FeatureConfig` and, in tests, `samples`; `app seed` uses
//! `crate::sample_data`.

pub mod rating;
pub mod restaurant;
pub mod review;
mod adopted;
mod forms;
mod repository;
mod views;
mod handlers;
mod settings;
#[cfg(test)]
mod samples;

use salvo::Router;
#[cfg(test)]
pub(crate) use samples::samples;
pub use settings::FeatureConfig;

use crate::current_user::ADMIN;
use crate::middleware::{cached, require_role, require_user, require_user_to_write};
use crate::routing::{get, guarded, post};

/// The routes of the feature.
pub fn routes() -> Router {
    Router::new()
        .push(cached(
            &["q", "sort", "after", "notice"],
            get("", handlers::list_restaurants),
        ))
        .push(post("restaurants", handlers::create_restaurant))
        .push(guarded(
            require_user_to_write(),
            get("restaurants/new", handlers::new_restaurant),
        ))
        .push(cached(
            &["after", "notice"],
            get("restaurants/{id}", handlers::show_restaurant),
        ))
        .push(post("restaurants/{id}/reviews", handlers::create_review))
        .push(adopted::routes())
}

/// Routes that exist only where sign-in is configured.
pub fn protected_routes() -> Router {
    let administration = Router::new()
        .push(get("restaurants/{id}/edit", handlers::edit_restaurant))
        .push(post("restaurants/{id}/edit", handlers::update_restaurant))
        .push(post("restaurants/{id}/delete", handlers::delete_restaurant));
    Router::new()
        .push(guarded(require_role(ADMIN), administration))
        .push(guarded(
            require_user(),
            post("reviews/{id}/delete", handlers::delete_review),
        ))
}
