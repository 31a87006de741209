//! Route helpers: GET, POST, and routes with a middleware.

use salvo::routing::{Filter as _, filters};
use salvo::{Handler, Router};

/// A GET route, which answers HEAD too (RFC 9110, 9.3.2).
pub fn get(path: &str, handler: impl Handler) -> Router {
    at(path)
        .filter(filters::get().or(filters::head()))
        .goal(handler)
}

/// A POST route.
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

/// Routes with this middleware.
pub fn guarded(middleware: impl Handler, routes: Router) -> Router {
    Router::new().hoop(middleware).push(routes)
}
