//! A site with sign-in, browsers, and the invariants of each exchange.
//!
//! [`SignInSite::open`] opens one address and asserts the response together with all
//! that a failing sign-in must leave as it was.

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
    rows::{browser_of, copy_of, let_pass, session_of, values},
    site::SignInSite,
};
