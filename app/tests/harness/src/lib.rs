//! The test harness: sites, databases, HTTP clients and browsers for the integration tests.

#![expect(
    clippy::missing_panics_doc,
    reason = "a panic is how the harness fails a test"
)]

#[cfg(unix)]
pub mod balancer;
pub mod browser;
mod databases;
mod feature;
mod forwarder;
pub mod ingestion;
mod process;
pub mod raw;
mod received_pages;
#[cfg(unix)]
pub mod servers;
pub mod sign_in;
mod site;
mod visitor;
mod wait;

pub use {
    databases::{Store, TestDatabase, connect},
    feature::{Feature, Field, Form, Kind, Row},
    forwarder::Forwarder,
    process::{Process, run_app},
    site::{Site, config},
    visitor::{Response, Visitor, unescape_html},
    wait::{LONG, eventually},
};

/// Declares each test twice: on SQLite, and on PostgreSQL as an ignored test.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($site:ident: $type:ty) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn run($site: $type) $body

            #[tokio::test]
            async fn sqlite() {
                run($crate::Site::start($crate::Store::Sqlite).await).await;
            }

            #[tokio::test]
            #[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
            async fn postgres() {
                run($crate::Site::start($crate::Store::Postgres).await).await;
            }
        }
    )*};
}
