//! The JSON API of the feature, on the parsed types and queries of its pages.

mod objects;
mod restaurants;
mod reviews;

use salvo::Router;

use super::settings::must_sign_in_to_write;
use crate::api::json_api;
use crate::config::Config;
use crate::current_user::ADMIN;
use crate::middleware::{require_role, require_user};
use crate::routing::{delete, get, post, put, with_middleware};

/// The operations that every site has.
pub(super) fn routes(config: &Config) -> Router {
    let create_review = if must_sign_in_to_write(config) {
        post(
            "api/restaurants/{id}/reviews",
            reviews::create_signed_review,
        )
    } else {
        post("api/restaurants/{id}/reviews", reviews::create_review)
    };
    json_api(
        Router::new()
            .push(get("api/restaurants", restaurants::list_restaurants))
            .push(post("api/restaurants", restaurants::create_restaurant))
            .push(get("api/restaurants/{id}", restaurants::get_restaurant))
            .push(get("api/restaurants/{id}/reviews", reviews::list_reviews))
            .push(create_review)
            .push(get("api/reviews/{id}", reviews::get_review)),
    )
}

/// Operations that exist only where sign-in is configured.
pub(super) fn protected_routes() -> Router {
    let administration = Router::new()
        .push(put("api/restaurants/{id}", restaurants::replace_restaurant))
        .push(delete(
            "api/restaurants/{id}",
            restaurants::delete_restaurant,
        ));
    json_api(
        Router::new()
            .push(with_middleware(require_role(ADMIN), administration))
            .push(with_middleware(
                require_user(),
                delete("api/reviews/{id}", reviews::delete_review),
            )),
    )
}
