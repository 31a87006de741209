//! Sign-in, its sessions and what protects them. A test named `row_121_…` holds that row of the
//! catalogue of attacks and faults in `docs/security.md`.

mod browser;
mod stage;

mod managed_identity;
mod session_cookies;
mod session_limits;
mod session_store;

pub(crate) use browser::Browser;
pub(crate) use stage::{HTTPS_ORIGIN, Stage};
