//! Entra tokens for PostgreSQL, emulated by a role whose password is the token that the emulator issues.

use std::time::{SystemTime, UNIX_EPOCH};

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};
use sea_orm::ConnectionTrait as _;
use url::Url;

use super::Server;
use crate::feature::{FIELDS, FORM};
use harness::{Process, TIMEOUT, eventually, run_app};

const RENEWED: &str = "renewed the database's Entra token";
const NOT_RENEWED: &str = "failed to renew the database's Entra token; trying again";

/// Lifetimes of a token in seconds.
const SHORT: u64 = 4;
const DAY: u64 = 86_400;

struct Site {
    server: Server,
    emulator: Emulator,
    /// Owns the database; both have the same name.
    role: String,
}

impl Site {
    async fn create() -> Self {
        let server = Server::create().await;
        let url = Url::parse(server.url()).expect("a URL");
        let role = url.path().trim_start_matches('/').to_owned();
        let emulator = Emulator::start(Options::default()).await.expect("a port");
        let site = Self {
            server,
            emulator,
            role,
        };
        let role = &site.role;
        site.execute(&format!(
            "CREATE ROLE {role} LOGIN; ALTER DATABASE {role} OWNER TO {role}"
        ))
        .await;
        site
    }

    /// The settings of App Service, and a connection string without a password.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let url = Url::parse(self.server.url()).expect("a URL");
        let (role, port) = (&self.role, url.port().expect("a port"));
        let keywords = format!("host=127.0.0.1 port={port} dbname={role} user={role}");
        let client_id = self.emulator.managed_identity_client_id().to_owned();
        let mut settings = self.emulator.identity_settings();
        settings.push(("AZURE_POSTGRESQL_CONNECTIONSTRING", keywords));
        settings.push(("AZURE_MANAGED_IDENTITY_CLIENT_ID", client_id));
        settings.push(("RUST_LOG", "debug".to_owned()));
        settings
    }

    async fn start(&self) -> Process {
        Process::serve(&borrowed(&self.settings())).await
    }

    /// Makes the identity endpoint issue this token, with this lifetime in seconds.
    fn issue(&self, token: &'static str, seconds: u64) {
        let edit = move |response: &mut serde_json::Value| {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("after 1970");
            response["access_token"] = token.into();
            response["expires_on"] = (now.as_secs() + seconds).to_string().into();
        };
        self.emulator
            .fault(Endpoint::ManagedIdentity, Fault::edit_json(edit));
    }

    fn fail_token_requests(&self) {
        let failure = Fault::Reply(Reply::json(500, &serde_json::json!({})));
        self.emulator.fault(Endpoint::ManagedIdentity, failure);
    }

    /// Makes the server accept only this token.
    async fn accept(&self, token: &str) {
        let role = &self.role;
        self.execute(&format!("ALTER ROLE {role} PASSWORD '{token}'"))
            .await;
    }

    async fn cut_connections(&self) {
        let role = &self.role;
        let cut = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{role}'"
        );
        assert!(self.server.number(&cut).await > 0);
    }

    async fn execute(&self, sql: &str) {
        let done = self.server.db.execute_unprepared(sql).await;
        done.expect(sql);
    }
}

fn borrowed<'a>(settings: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    let pairs = settings.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

/// Waits until the pool has a token with a long lifetime.
async fn renewed_for_long(process: &Process) {
    eventually("a token with a long lifetime", TIMEOUT, async || {
        let is_long = |line: &serde_json::Value| {
            line["message"] == RENEWED && line["next_in_seconds"].as_u64() > Some(SHORT)
        };
        process.log().iter().find(|line| is_long(line)).map(|_| ())
    })
    .await;
}

async fn status(process: &Process, path: &str) -> u16 {
    process.visitor().get(path).await.status.as_u16()
}

async fn becomes_ready(process: &Process) {
    eventually("ready", TIMEOUT, async || {
        (status(process, "/readyz").await == 200).then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn new_connections_use_the_renewed_token_and_existing_ones_stay() {
    let site = Site::create().await;
    site.issue("first-swordfish", SHORT);
    site.accept("first-swordfish").await;
    let process = site.start().await;
    becomes_ready(&process).await;

    site.accept("second-swordfish").await;
    assert_eq!(status(&process, "/").await, 200);
    site.issue("second-swordfish", DAY);
    renewed_for_long(&process).await;
    site.cut_connections().await;
    becomes_ready(&process).await;
    let saved = process.visitor().post(FORM, &FIELDS).await;
    assert_eq!(saved.status.as_u16(), 303);
    let log = process.log_lines().join("\n");
    assert!(!log.contains("swordfish"), "{log}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_failed_token_renewal_is_logged_without_an_outage() {
    let site = Site::create().await;
    site.issue("first", SHORT);
    site.accept("first").await;
    let process = site.start().await;
    becomes_ready(&process).await;

    site.fail_token_requests();
    let line = process.wait_for_log(NOT_RENEWED).await;
    let cause = line["cause"].as_str().expect("a cause");
    assert!(cause.contains("identity endpoint returned 500"), "{line}");
    for path in ["/", "/readyz"] {
        assert_eq!(status(&process, path).await, 200, "{path}");
    }
    site.issue("second", DAY);
    site.accept("second").await;
    renewed_for_long(&process).await;
    site.cut_connections().await;
    becomes_ready(&process).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_site_listens_without_a_token_and_recovers() {
    let site = Site::create().await;
    site.fail_token_requests();
    let process = site.start().await;
    assert_eq!(status(&process, "/livez").await, 200);
    for path in ["/", "/readyz"] {
        assert_eq!(status(&process, path).await, 503, "{path}");
    }
    eventually("the cause", TIMEOUT, async || {
        let lines = process.log_lines();
        let logged = |line: &String| line.contains("identity endpoint returned 500");
        lines.iter().any(logged).then_some(())
    })
    .await;
    site.issue("first", DAY);
    site.accept("first").await;
    becomes_ready(&process).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn database_token_prints_the_token_and_nothing_else() {
    let site = Site::create().await;
    site.issue("swordfish", DAY);
    let output = run_app(&["database-token"], &borrowed(&site.settings())).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"swordfish\n", "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let requests = site.emulator.requests_to(Endpoint::ManagedIdentity);
    assert_eq!(requests.len(), 1);
    let resource = requests[0].query("resource");
    assert_eq!(resource, Some("https://ossrdbms-aad.database.windows.net"));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn database_token_prints_errors_to_stderr() {
    let site = Site::create().await;
    site.fail_token_requests();
    let output = run_app(&["database-token"], &borrowed(&site.settings())).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("returned 500"), "{message}");

    let output = run_app(&["database-token"], &[]).await;
    assert!(output.stdout.is_empty(), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("not PostgreSQL"), "{message}");
}

#[tokio::test]
async fn without_a_password_and_an_identity_the_error_says_what_to_do() {
    let keywords = "host=127.0.0.1 dbname=a user=b";
    let settings = [
        ("AZURE_POSTGRESQL_CONNECTIONSTRING", keywords),
        ("PORT", "0"),
    ];
    let output = run_app(&["serve"], &settings).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr);
    for part in [
        "AZURE_POSTGRESQL_CONNECTIONSTRING",
        "password=",
        "IDENTITY_ENDPOINT",
    ] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
}
