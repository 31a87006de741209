//! The feature: hiking trails.
//!
//! The site uses `routes`, `protected_routes`, `FeatureConfig`, `NOTICES`, `last_id`, `sitemap_paths`, `feed_entries` and, in
//! tests, `samples`; `app seed` uses `crate::sample_data`.

pub mod trail;
mod forms;
mod notices;
mod repository;
mod views;
mod handlers;
mod settings;
#[cfg(test)]
mod samples;

pub use notices::NOTICES;
pub use repository::{feed_entries, last_id, sitemap_paths};
use salvo::Router;
#[cfg(test)]
pub(crate) use samples::samples;
pub use settings::FeatureConfig;

use crate::config::Config;
use crate::current_user::ADMIN;
use crate::middleware::{cached, require_role, require_user_to_write};
use crate::routing::{form, get, post, with_middleware};

/// The routes of the feature.
pub fn routes(_: &Config) -> Router {
    Router::new()
        .push(cached(&["after", "before"], get("", handlers::list_trails)))
        .push(form("trails", "/trails/new", handlers::create_trail))
        .push(with_middleware(
            require_user_to_write(),
            cached(&[], get("trails/new", handlers::new_trail)),
        ))
        .push(cached(&[], get("trails/{id}", handlers::show_trail)))
}

/// Routes that exist only where sign-in is configured.
pub fn protected_routes() -> Router {
    let administration = Router::new()
        .push(get("trails/{id}/delete", handlers::confirm_deletion))
        .push(post("trails/{id}/delete", handlers::delete_trail));
    with_middleware(require_role(ADMIN), administration)
}
