//! The example: restaurants and their reviews. Replace this folder.
//!
//! The site uses `routes`, `protected_routes`, `FeatureConfig`, `NOTICES`, `last_id`, `sitemap_paths`, `feed_entries` and, in
//! tests, `samples`; `app seed` uses `crate::sample_data`.

pub mod rating;
pub mod restaurant;
pub mod review;
mod adopted;
mod addresses;
mod forms;
mod notices;
mod repository;
mod review_repository;
mod views;
mod structured_data;
mod pages;
mod syndication;
mod handlers;
mod review_handlers;
mod settings;
mod api;
#[cfg(test)]
mod samples;

pub use notices::NOTICES;
use salvo::Router;
#[cfg(test)]
pub(crate) use samples::samples;
pub use settings::FeatureConfig;
pub use syndication::{feed_entries, last_id, sitemap_paths};

use addresses::{DETAILS_PARAMETERS, LIST_PARAMETERS};

use crate::config::Config;
use crate::current_user::ADMIN;
use crate::middleware::{cached, require_role, require_user, require_user_to_write};
use crate::routing::{form, get, post, with_middleware};

/// The routes of the feature.
pub fn routes(config: &Config) -> Router {
    Router::new()
        .push(api::routes(config))
        .push(cached(LIST_PARAMETERS, get("", handlers::list_restaurants)))
        .push(form(
            "restaurants",
            "/restaurants/new",
            handlers::create_restaurant,
        ))
        .push(with_middleware(
            require_user_to_write(),
            cached(&[], get("restaurants/new", handlers::new_restaurant)),
        ))
        .push(cached(
            DETAILS_PARAMETERS,
            get("restaurants/{id}", handlers::show_restaurant),
        ))
        .push(form(
            "restaurants/{id}/reviews",
            "/restaurants/{id}",
            review_handlers::create_review,
        ))
        .push(adopted::routes())
}

/// Routes that exist only where sign-in is configured.
pub fn protected_routes() -> Router {
    let administration = Router::new()
        .push(get("restaurants/{id}/edit", handlers::edit_restaurant))
        .push(post("restaurants/{id}/edit", handlers::update_restaurant))
        .push(get("restaurants/{id}/delete", handlers::confirm_deletion))
        .push(post("restaurants/{id}/delete", handlers::delete_restaurant));
    let own_reviews = Router::new()
        .push(get("reviews/{id}/edit", review_handlers::edit_review))
        .push(post("reviews/{id}/edit", review_handlers::update_review))
        .push(get(
            "reviews/{id}/delete",
            review_handlers::confirm_deletion,
        ))
        .push(post("reviews/{id}/delete", review_handlers::delete_review));
    Router::new()
        .push(api::protected_routes())
        .push(with_middleware(require_role(ADMIN), administration))
        .push(with_middleware(require_user(), own_reviews))
}
