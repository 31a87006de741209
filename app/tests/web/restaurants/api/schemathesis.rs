//! The API against its own OpenAPI document: generated requests, valid and invalid, and sequences of them.
//! <https://schemathesis.readthedocs.io>

use std::process::Command;

use harness::sign_in::{SignInSite, session_cookie_of, signed_in_browser};
use harness::{Backend, Site, TestDatabase};

/// The number of randomly generated requests for each operation, in addition to those for the limits of its schema.
const EXAMPLES: &str = "25";

const CONFIGURATION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/web/restaurants/api/schemathesis.toml"
);
const HOOKS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/web/restaurants/api/hooks.py"
);

/// Runs schemathesis with this header.
async fn check(url: &str, header: Option<String>) {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    let program = std::env::var_os("TEST_SCHEMATHESIS")
        .expect("TEST_SCHEMATHESIS is not set: `cargo xtask test` sets it");
    let mut command = Command::new(program);
    command
        // It writes its results to its working directory.
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("SCHEMATHESIS_HOOKS", HOOKS)
        .args(["--config-file", CONFIGURATION])
        .args(["--no-color", "run", &format!("{url}/api/openapi.json")])
        .args(["--checks", "all", "--max-examples", EXAMPLES])
        .arg("--generation-deterministic");
    if let Some(header) = header {
        command.args(["--header", &header]);
    }
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("a thread").expect("schemathesis runs");
    let report = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}{problem}");
}

#[tokio::test]
#[ignore = "needs TEST_SCHEMATHESIS; run cargo xtask test"]
async fn anonymous_requests_conform_to_the_document_on_sqlite() {
    let site = Site::start(Backend::Sqlite).await;
    check(&site.url, None).await;
}

#[tokio::test]
#[ignore = "needs TEST_SCHEMATHESIS; run cargo xtask test"]
async fn anonymous_requests_conform_to_the_document_on_postgres() {
    let site = Site::start(Backend::Postgres).await;
    check(&site.url, None).await;
}

/// A site with sign-in on this database.
async fn site_on(backend: Backend) -> (SignInSite, TestDatabase) {
    let database = TestDatabase::create(backend).await;
    let site = SignInSite::start_with(&[("DATABASE_URL", &database.url)]).await;
    (site, database)
}

async fn check_signed_in(backend: Backend) {
    let (site, _database) = site_on(backend).await;
    let admin = signed_in_browser(&site, "carol").await;
    check(
        site.url(),
        Some(format!("Cookie: session={}", session_cookie_of(&admin))),
    )
    .await;
}

async fn check_with_token(backend: Backend) {
    let (site, _database) = site_on(backend).await;
    let token = site.emulator.access_token_of("carol");
    check(site.url(), Some(format!("Authorization: Bearer {token}"))).await;
}

#[tokio::test]
#[ignore = "needs TEST_SCHEMATHESIS; run cargo xtask test"]
async fn requests_with_a_session_conform_to_the_document_on_sqlite() {
    check_signed_in(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_SCHEMATHESIS; run cargo xtask test"]
async fn requests_with_a_session_conform_to_the_document_on_postgres() {
    check_signed_in(Backend::Postgres).await;
}

#[tokio::test]
#[ignore = "needs TEST_SCHEMATHESIS; run cargo xtask test"]
async fn requests_with_a_token_conform_to_the_document_on_sqlite() {
    check_with_token(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_SCHEMATHESIS; run cargo xtask test"]
async fn requests_with_a_token_conform_to_the_document_on_postgres() {
    check_with_token(Backend::Postgres).await;
}
