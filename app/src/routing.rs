//! One line for each route.

use salvo::routing::{Filter as _, filters};
use salvo::{Handler, Router};

/// A page: GET, and HEAD, which is a GET without its body (RFC 9110, 9.3.2).
pub fn get(path: &str, handler: impl Handler) -> Router {
    at(path)
        .filter(filters::get().or(filters::head()))
        .goal(handler)
}

/// A form's target.
pub fn post(path: &str, handler: impl Handler) -> Router {
    at(path).post(handler)
}

fn at(path: &str) -> Router {
    if path.is_empty() {
        Router::new()
    } else {
        Router::with_path(path)
    }
}

/// Routes behind a hoop of their own.
pub fn guarded(guard: impl Handler, routes: Router) -> Router {
    Router::new().hoop(guard).push(routes)
}
