//! Benchmarks of parts of the site, in process and on SQLite: `cargo bench -p app`.

use app::current_user::CurrentUser;
use app::sample_data::{SeedOptions, seed};
use app::state::AppState;
use clap::Parser;
use divan::Bencher;
use entra_emulator::{Emulator, Options};
use harness::{Backend, Site, TestDatabase, config};
use salvo::Request;
use salvo::http::header::{COOKIE, HeaderValue};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    seed: SeedOptions,
}

/// The first page of the sample data without the page cache, on a kept connection.
#[divan::bench]
fn home_page(bencher: Bencher) {
    let runtime = Runtime::new().expect("a runtime");
    let site = runtime.block_on(async {
        let site = Site::start(Backend::Sqlite).await;
        let options = Cli::parse_from(["app"]).seed;
        seed(&site.db, &options).await.expect("sample data");
        site
    });
    let visitor = site.visitor();
    bencher.bench_local(|| runtime.block_on(visitor.get("/")));
}

/// The session of a request, from its cookie and the database.
#[divan::bench]
fn session_lookup(bencher: Bencher) {
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(TestDatabase::create(Backend::Sqlite));
    let state = runtime.block_on(signed_in_state(&database.url));
    let sign_in = state.sign_in.as_ref().expect("sign-in");
    let session = runtime.block_on(sign_in.sessions().create(&user()));
    let cookie = sign_in.cookies().session(session.expect("a session"));
    let cookie = cookie.encoded().stripped().to_string();
    let mut request = Request::default();
    let cookie = HeaderValue::from_str(&cookie).expect("a header value");
    request.headers_mut().insert(COOKIE, cookie);
    let load = || runtime.block_on(sign_in.load_session(&request));
    assert!(load().current_user().is_some());
    bencher.bench_local(load);
}

/// The signature and the claims of an access token, with keys of the provider that are known already.
#[divan::bench]
fn token_check(bencher: Bencher) {
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(TestDatabase::create(Backend::Sqlite));
    let emulator = runtime.block_on(Emulator::start(Options::default()));
    let emulator = emulator.expect("a provider");
    let settings = emulator.settings().into_iter();
    let flags: Vec<String> = settings
        .map(|(name, value)| format!("--{}={value}", name.to_lowercase().replace('_', "-")))
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let state = state(&database.url, &flags);
    let sign_in = state.sign_in.as_ref().expect("sign-in");
    let token = emulator.access_token_of("alice");
    let check = || runtime.block_on(sign_in.authenticate(&token));
    check().expect("a valid token");
    bencher.bench_local(check);
}

async fn signed_in_state(database_url: &str) -> AppState {
    let flags = [
        "--azure-client-id=client",
        "--azure-tenant-id=tenant",
        "--azure-client-secret=secret",
    ];
    let state = state(database_url, &flags);
    state.database.migrate().await.expect("a migrated database");
    state
}

fn state(database_url: &str, sign_in: &[&str]) -> AppState {
    app::tls::install_crypto_provider();
    let key = ["--session-secret-key=a-session-key-of-the-benchmark-alone"];
    let flags = [sign_in, &key].concat();
    AppState::new(config(database_url, &flags)).expect("a state")
}

fn user() -> CurrentUser {
    CurrentUser {
        tenant_id: "tenant".to_owned(),
        object_id: "object".to_owned(),
        name: "Alice".to_owned(),
        email: None,
        job_title: None,
        roles: Vec::new(),
        graph_answered: false,
        signed_in_at: app::clock::now(),
    }
}
