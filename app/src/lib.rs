//! The site: one process, one database, pages rendered on the server.
//!
//! A request passes through: middleware (`middleware`, `telemetry`; Salvo calls a middleware a hoop) →
//! extractors (`extract`) → handler → repository → page. The modules are in the order of their dependencies: each one imports
//! only from those above it.
//!
//! Deliberately absent: globals, a service layer, traits with one implementation, and any word of the
//! example domain outside its own folder and the lines marked `domain:`. The other modules know the
//! example as `feature`.

pub mod secret;
mod libpq;
pub mod client_address;
pub mod config;
pub mod clock;
pub mod text;
pub mod form_key;
pub mod version;
pub mod form;
pub mod pagination;
pub mod search;
pub mod tls;
pub mod outbound;
pub mod managed_identity;
pub mod telemetry;
pub mod database;
pub mod compression;
pub mod assets;
pub mod templates;
pub mod site_cookie;
pub mod entity_tag;
pub mod rate_limiter;
pub mod page_cache;
pub mod current_user;
pub mod auth;
pub mod state;
pub mod response;
pub mod extract;
pub mod middleware;
pub mod routing;
pub mod api;
pub mod static_files;
pub mod health;
pub mod auth_routes;
pub mod crawlers;
pub mod restaurants; // domain: the example, replace it
#[cfg(feature = "sample-data")]
pub mod sample_data;
pub mod router;
pub mod server;
pub mod cli;
#[cfg(test)]
mod template_tests;

/// The feature that the site is made of. With several, this is a module that combines them.
pub use restaurants as feature; // domain: the example, replace it

/// The site's name, in every title and on every page.
pub const SITE_NAME: &str = "Table Talk"; // domain: the site's name
