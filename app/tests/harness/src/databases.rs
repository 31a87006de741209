//! Databases that are created for one test.

use std::path::PathBuf;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

/// Which of the two databases a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// An empty database; dropped when this is.
pub struct TestDatabase {
    pub url: String,
    kind: Kind,
}

enum Kind {
    Shared,
    Sqlite(PathBuf),
    Postgres { server: String, name: String },
}

impl TestDatabase {
    pub async fn create(backend: Backend) -> Self {
        let name = format!("test_{:016x}", rand::random::<u64>());
        match backend {
            Backend::Sqlite => {
                let folder = std::env::temp_dir().join(&name);
                std::fs::create_dir(&folder).expect("a folder for the database");
                let url = format!("sqlite://{}/app.db", folder.display());
                Self {
                    url,
                    kind: Kind::Sqlite(folder),
                }
            }
            Backend::Postgres => {
                let server = postgres_server();
                let admin = connect(&format!("{server}/postgres")).await;
                admin
                    .execute_unprepared(&format!("CREATE DATABASE {name}"))
                    .await
                    .expect("a database");
                admin.close().await.expect("closed");
                Self {
                    url: format!("{server}/{name}"),
                    kind: Kind::Postgres { server, name },
                }
            }
        }
    }
}

impl TestDatabase {
    /// The same database for another site; dropped with the first one.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            url: self.url.clone(),
            kind: Kind::Shared,
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.kind {
            Kind::Shared => {}
            Kind::Sqlite(folder) => drop(std::fs::remove_dir_all(folder)),
            Kind::Postgres { server, name } => {
                let (admin, statement) = (
                    format!("{server}/postgres"),
                    format!("DROP DATABASE {name} WITH (FORCE)"),
                );
                let dropping = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .expect("a runtime");
                    runtime.block_on(async {
                        connect(&admin).await.execute_unprepared(&statement).await
                    })
                });
                drop(dropping.join());
            }
        }
    }
}

/// A connection for a test's own SQL.
pub async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(url).await.expect("the test's database")
}

fn postgres_server() -> String {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set: `cargo xtask test` starts a PostgreSQL server and sets it",
    )
}
