//! Middleware: security headers, the same-origin check, authorization, limits, panics and error pages.
//!
//! Salvo calls a middleware a *hoop*.

mod access;
mod compression;
mod csrf;
mod error_pages;
mod limits;
mod page_cache;
mod panics;
mod rate_limit;
mod security_headers;
mod session;
mod target;

pub use access::{require_role, require_user, require_user_as_configured, require_user_to_write};
pub use compression::compress;
pub use csrf::reject_cross_site_requests;
pub use error_pages::render_error_pages;
pub use limits::{Deadline, ShedLoad, limit_head, receive_body, require_database};
pub use page_cache::{cached, record_writes};
pub use panics::catch_panic;
pub use rate_limit::{limit_sign_ins, limit_writes};
pub use security_headers::{ContentSecurityPolicy, SecurityHeaders};
pub use session::load_session;
pub use target::check_target;
