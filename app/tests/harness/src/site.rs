//! The site in the process of the test.

use std::collections::BTreeSet;

use app::config::{Config, Settings};
use app::server;
use app::state::AppState;
use clap::Parser;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, TryGetable};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::databases::{Backend, TestDatabase};
use super::visitor::Visitor;

/// A running site; stopped when it is dropped.
pub struct Site {
    pub url: String,
    pub backend: Backend,
    pub database: TestDatabase,
    /// For the test's own SQL.
    pub db: DatabaseConnection,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<anyhow::Result<()>>,
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
}

impl Site {
    /// A site on an empty, migrated database.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[]).await
    }

    /// Starts a site with further flags, such as `--list-page-size=2`.
    pub async fn start_with(backend: Backend, flags: &[&str]) -> Self {
        let database = TestDatabase::create(backend).await;
        Self::start_on(backend, database, flags).await
    }

    /// Starts a site on an existing database.
    pub async fn start_on(backend: Backend, database: TestDatabase, flags: &[&str]) -> Self {
        let state = AppState::new(config(&database.url, flags)).expect("a state");
        state.database.migrate().await.expect("a migrated database");
        let (stop, stopped) = oneshot::channel();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let db = state.database.connection().clone();
        let serving = tokio::spawn(server::serve(listener, state, async {
            drop(stopped.await);
        }));
        Self {
            url: format!("http://{address}"),
            backend,
            database,
            db,
            stop: Some(stop),
            serving,
        }
    }

    /// A client that stores cookies and follows redirects only on request.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// Runs SQL as it is.
    pub async fn execute(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.expect(sql);
    }

    /// The column `value` of each row, where it is a number.
    pub async fn values(&self, sql: &str) -> Vec<i64> {
        self.column(sql).await
    }

    /// The column `value` of each row, where it is text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        self.column(sql).await
    }

    async fn column<T: TryGetable>(&self, sql: &str) -> Vec<T> {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let rows = self.db.query_all_raw(statement).await.expect(sql);
        let rows = rows.iter();
        rows.map(|row| row.try_get("", "value").expect(sql))
            .collect()
    }

    /// Number of rows of a table.
    pub async fn count(&self, table: &str) -> i64 {
        self.values(&format!("SELECT count(*) AS value FROM {table}"))
            .await[0]
    }

    /// Stops the site as SIGTERM does and waits for it.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.serving)
            .await
            .expect("no panic")
            .expect("a clean stop");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

const CACHE_FLAG: &str = "--page-cache-bytes";

/// The configuration of these flags and this database; without `--page-cache-bytes` there is no page cache.
pub fn config(database_url: &str, flags: &[&str]) -> Config {
    let database = format!("--database-url={database_url}");
    // A busy machine may take seconds to connect; this harness does not test that.
    let pool_timeout = "--database-pool-timeout=30s";
    // Tests also write by SQL, which does not clear the cache.
    let is_cached = flags.iter().any(|flag| flag.starts_with(CACHE_FLAG));
    let no_cache = (!is_cached).then(|| format!("{CACHE_FLAG}=0"));
    let arguments = ["app", &database, pool_timeout]
        .into_iter()
        .chain(no_cache.as_deref())
        .chain(flags.iter().copied());
    let cli = Cli::try_parse_from(arguments).expect("flags that exist");
    Config::from_settings(&cli.settings, &BTreeSet::new()).expect("settings without a problem")
}
