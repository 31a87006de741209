//! What every test starts from: a site of its own on a database of its own, and a visitor.

mod databases;
mod site;
mod visitor;

#[expect(unused_imports, reason = "what the tests take from here")]
pub(crate) use {
    databases::{Store, TestDatabase, connect},
    site::{Site, config},
    visitor::{Answer, Visitor},
};

/// Declares each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($site:ident: Site) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a test need not use everything its module imports")]
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
