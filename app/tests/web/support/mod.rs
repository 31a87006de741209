//! What every test starts from: a site of its own on a database of its own, and a visitor.

mod databases;
pub(crate) mod example;
mod forwarder;
pub(crate) mod ingestion;
mod process;
pub(crate) mod raw;
mod site;
mod visitor;
mod wait;

pub(crate) use {
    databases::{Store, TestDatabase, connect},
    forwarder::Forwarder,
    process::{Process, run_app},
    site::{Site, config},
    visitor::{Answer, Visitor},
    wait::{LONG, eventually},
};

/// Declares each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($site:ident: Site) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn run($site: Site) $body

            #[tokio::test]
            async fn sqlite() {
                run(Site::start(Store::Sqlite).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                run(Site::start(Store::Postgres).await).await;
            }
        }
    )*};
}

pub(crate) use on_both_databases;
