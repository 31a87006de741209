//! A site that people can sign in to, browsers for them, and what must hold whatever happens.
//!
//! [`SignInSite::open`] is the heart: it opens one address and asserts the answer together with all
//! that a failing sign-in must leave as it was.

mod app;
mod browser;
mod expected;
mod invariants;
mod log;
mod site;

#[expect(unused_imports, reason = "what the tests take from here")]
pub(crate) use {
    app::{App, free_port, run_to_end},
    browser::{Browser, Exchange},
    expected::Expected,
    log::{Line, Log},
    site::SignInSite,
};
