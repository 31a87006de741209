//! JSON API: what the APIs of all features have in common.
//!
//! A feature's API is a module with one `#[endpoint]` function for each operation. Its arguments and results are the
//! types of this module: they read and write the request, and describe themselves in the OpenAPI document. The address
//! of every operation begins with `/api/`, where errors are problem details (RFC 9457).

mod body;
mod conditional;
mod docs_page;
mod docs;
mod document;
mod idempotency;
mod media_type;
mod operation;
mod query;
mod resource;
#[cfg(feature = "swagger-ui")]
mod swagger_ui;
mod used_key;

use salvo::Router;

pub use body::{JsonBody, JsonObject};
pub use conditional::IfMatch;
pub use docs::routes;
#[cfg(test)]
pub(crate) use docs_page::samples;
pub use document::document;
pub use idempotency::{IdempotencyKey, Submission};
pub use query::{ListParameters, QueryParameters, UrlQuery, optional, query_parameter};
pub use resource::{Created, Deleted, ItemList, Resource, component};

/// The number of items of a list without the parameter `limit`.
pub const DEFAULT_LIMIT: i32 = 20;

/// The maximum number of items of a list.
pub const MAX_LIMIT: i32 = 50;

/// The routes of a feature's API, whose paths begin with `api/`.
pub fn json_api(routes: Router) -> Router {
    Router::new().hoop(media_type::require_json).push(routes)
}
