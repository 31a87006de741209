//! The site under test: the real server on a free port of this machine.

use std::sync::Arc;

use app::config::{Config, Settings};
use app::server;
use app::state::AppState;
use clap::Parser;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, TryGetable};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::databases::{Store, TestDatabase};
use super::visitor::Visitor;

/// A running site; stopped when it is dropped.
pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) store: Store,
    /// Dropped with the last site on it.
    pub(crate) database: Arc<TestDatabase>,
    /// For the test's own SQL.
    pub(crate) db: DatabaseConnection,
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
    pub(crate) async fn start(store: Store) -> Self {
        Self::start_with(store, &[]).await
    }

    /// The same with further flags, as `--list-page-size=2`.
    pub(crate) async fn start_with(store: Store, flags: &[&str]) -> Self {
        let database = TestDatabase::create(store).await;
        Self::start_on(store, database, flags).await
    }

    /// The same on a database that the test has made and perhaps filled.
    pub(crate) async fn start_on(store: Store, database: TestDatabase, flags: &[&str]) -> Self {
        Self::listen(free_port().await, store, Arc::new(database), flags).await
    }

    /// The same on a port that the test has taken, and on a database that other sites may share.
    pub(crate) async fn listen(
        listener: TcpListener,
        store: Store,
        database: Arc<TestDatabase>,
        flags: &[&str],
    ) -> Self {
        let state = AppState::new(config(&database.url, flags)).expect("a state");
        state.database.migrate().await.expect("a migrated database");
        let (stop, stopped) = oneshot::channel();
        let address = listener.local_addr().expect("an address");
        let db = state.database.connection().clone();
        let serving = tokio::spawn(server::serve(listener, state, async {
            drop(stopped.await)
        }));
        Self {
            url: format!("http://{address}"),
            store,
            database,
            db,
            stop: Some(stop),
            serving,
        }
    }

    /// Somebody with a browser's habits: cookies, no redirects followed unless asked for.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// Runs SQL as it is.
    pub(crate) async fn execute(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.expect(sql);
    }

    /// The numbers in the column `value` of each row.
    pub(crate) async fn values(&self, sql: &str) -> Vec<i64> {
        values(&self.db, sql).await
    }

    /// The texts in the column `value` of each row.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        values(&self.db, sql).await
    }

    /// Number of rows of a table.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.values(&format!("SELECT count(*) AS value FROM {table}"))
            .await[0]
    }

    /// Stops the site as SIGTERM does and waits for it.
    pub(crate) async fn stop(mut self) {
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

/// The column `value` of each row.
pub(crate) async fn values<T: TryGetable>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect(sql);
    rows.iter()
        .map(|row| row.try_get("", "value").expect("a column named value"))
        .collect()
}

/// A port of this machine that nobody else has.
pub(crate) async fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// The configuration that these flags make on this database.
pub(crate) fn config(database_url: &str, flags: &[&str]) -> Config {
    let database = format!("--database-url={database_url}");
    let arguments = ["app", &database].into_iter().chain(flags.iter().copied());
    let cli = Cli::try_parse_from(arguments).expect("flags that exist");
    Config::from_settings(&cli.settings).expect("settings without a problem")
}
