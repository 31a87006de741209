//! A site with sign-in, browsers, and the invariants of each exchange.
//!
//! [`SignInSite::open`] opens one address and asserts the response together with the
//! invariants that `invariants.rs` lists.

mod browser;
mod expected;
mod instance;
mod invariants;
mod log;
mod rows;
mod site;

pub use {
    browser::{Browser, Exchange},
    expected::Expected,
    instance::{App, Memory, free_port, run_to_end},
    log::{Line, Log},
    rows::{age_sessions, copy_browser, session_cookie_of, signed_in_browser, values},
    site::SignInSite,
};
