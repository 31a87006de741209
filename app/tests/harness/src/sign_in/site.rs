//! A site with sign-in: processes, a PostgreSQL database, the provider.

use std::sync::Mutex;
use std::time::Duration;

use entra_emulator::{Emulator, Options};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, FromQueryResult, Statement};

use super::browser::{Browser, Transcript};
use super::instance::{App, Settings, free_port};
use super::log::Log;
use crate::{Backend, TestDatabase, connect};

/// The key of the sessions in the tests.
pub(super) const SESSION_KEY: &str = "a key that is long enough for the tests";

/// A running site and its provider.
pub struct SignInSite {
    pub emulator: Emulator,
    /// Each is a separate process on the same database.
    pub instances: Vec<App>,
    pub log: Log,
    /// For the test's own SQL.
    pub db: DatabaseConnection,
    /// The person who signs in where a test names no other.
    pub default_person: &'static str,
    pub settings: Settings,
    pub(super) outbound_timeout: Duration,
    pub(super) transcript: Transcript,
    /// The number of log lines that have been checked.
    pub(super) read: Mutex<usize>,
    public_origin: String,
    _database: TestDatabase,
}

impl SignInSite {
    /// Starts one instance with the settings of the README, without a session.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one instance with further settings; an empty one is not set.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let emulator = Emulator::start(Options::default())
            .await
            .expect("a provider");
        Self::start_on(emulator, settings).await
    }

    /// Starts one instance with a provider of the test.
    pub async fn start_on(emulator: Emulator, further: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create(Backend::Postgres).await;
        let port = free_port();
        let settings = settings(&emulator, &database.url, port, further);
        let public_origin = value(&settings, "BASE_URL");
        let seconds = value(&settings, "OUTBOUND_TIMEOUT").replace('s', "");
        emulator.register_redirect_uri(&format!("{public_origin}/auth/callback"));
        let log = Log::default();
        Self {
            instances: vec![App::start(&settings, port, &log).await],
            db: connect(&database.url).await,
            default_person: "alice",
            outbound_timeout: Duration::from_secs(seconds.parse().expect("whole seconds")),
            transcript: Transcript::default(),
            read: Mutex::new(0),
            _database: database,
            emulator,
            log,
            settings,
            public_origin,
        }
    }

    /// Starts one more process on the same database and returns its port.
    pub async fn add_instance(&mut self) -> u16 {
        let port = free_port();
        self.instances
            .push(App::start(&self.settings, port, &self.log).await);
        port
    }

    /// Kills a process and starts another in its place.
    pub async fn restart_instance(&mut self, index: usize) {
        let port = self.instances[index].port;
        self.instances.remove(index).stop();
        let restarted = App::start(&self.settings, port, &self.log).await;
        self.instances.insert(index, restarted);
    }

    /// A browser without cookies that uses the first instance.
    pub fn browser(&self) -> Browser {
        Browser::new(
            self.instances[0].port,
            &self.public_origin,
            &self.transcript,
        )
    }

    /// Where it listens, as the provider knows it.
    pub fn url(&self) -> &str {
        &self.public_origin
    }

    /// Runs SQL as it is.
    pub async fn execute(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.expect(sql);
    }

    /// Number of rows of a table.
    pub async fn count(&self, table: &str) -> i64 {
        #[derive(FromQueryResult)]
        struct Row {
            value: i64,
        }
        let sql = format!("SELECT count(*) AS value FROM {table}");
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let row = Row::find_by_statement(statement).one(&self.db).await;
        row.expect("a response").expect("a row").value
    }
}

fn settings(
    emulator: &Emulator,
    database_url: &str,
    port: u16,
    further: &[(&str, &str)],
) -> Settings {
    let base_url = format!("http://127.0.0.1:{port}");
    // So that the server can distinguish the site's connections from the test's.
    let database_url = format!("{database_url}?application_name=site");
    let own = [
        ("DATABASE_URL", database_url.as_str()),
        ("DATABASE_POOL_SIZE", "4"),
        // A busy machine may take seconds to connect; this harness does not test that.
        ("DATABASE_POOL_TIMEOUT", "30s"),
        // Tests also write by SQL, which does not clear the cache.
        ("PAGE_CACHE_BYTES", "0"),
        ("BASE_URL", &base_url),
        ("SESSION_SECRET_KEY", SESSION_KEY),
        ("OUTBOUND_TIMEOUT", "10s"),
        ("LOG_FORMAT", "json"),
        // The default, and the requests for static files.
        (
            "RUST_LOG",
            "info,salvo=warn,sqlx=warn,app::telemetry::observe=debug",
        ),
    ];
    let provider = emulator.settings();
    let provider = provider.iter().map(|(name, value)| (*name, value.as_str()));
    let mut settings: Settings = Vec::new();
    for (name, value) in own
        .into_iter()
        .chain(provider)
        .chain(further.iter().copied())
    {
        settings.retain(|(other, _)| other != name);
        settings.push((name.to_owned(), value.to_owned()));
    }
    settings
}

fn value(settings: &Settings, name: &str) -> String {
    let found = settings.iter().find(|(other, _)| other == name);
    found.expect(name).1.clone()
}
