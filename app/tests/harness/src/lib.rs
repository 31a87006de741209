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
mod tcp_proxy;
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
    databases::{Backend, TestDatabase, connect},
    feature::{Feature, Field, Form, Kind, Row},
    process::{Process, run_app},
    site::{Site, config},
    tcp_proxy::TcpProxy,
    visitor::{Response, Visitor, unescape_html},
    wait::{TIMEOUT, eventually},
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
                run($crate::Site::start($crate::Backend::Sqlite).await).await;
            }

            #[tokio::test]
            #[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
            async fn postgres() {
                run($crate::Site::start($crate::Backend::Postgres).await).await;
            }
        }
    )*};
}
