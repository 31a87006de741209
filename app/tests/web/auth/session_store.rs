//! The session table: unusable, locked, and not queried for anonymous visitors.

use app::state::AppState;
use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use reqwest::header::SET_COOKIE;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use harness::sign_in::{Browser, SignInSite};
use harness::sign_in::{copy_browser, session_cookie_of, signed_in_browser, values};
use harness::{Backend, Site, TIMEOUT, TestDatabase, config, connect, eventually};

const TABLES: [&str; 2] = ["session", "sign_in_attempt"];

/// Catalogue: 137.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn without_the_session_table_public_pages_work_and_nobody_is_signed_in() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "carol").await;
    let anonymous = site.browser();
    let callback = anonymous.begin_as("alice").await;
    for table in TABLES {
        site.execute(&format!("ALTER TABLE {table} RENAME TO {table}_away"))
            .await;
    }
    for visitor in [&browser, &anonymous] {
        let page = visitor.get("/").await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("Carol Example"));
    }
    for path in [
        "/auth/login",
        "/auth/profile",
        "/auth/logout",
        "/protected",
        "/roleProtected",
    ] {
        let request = browser.request(Method::GET, path);
        assert_unavailable(&browser, request.header("sec-fetch-site", "same-origin")).await;
    }
    assert_unavailable(&browser, browser.request(Method::POST, "/auth/logout")).await;
    for path in ["/auth/login", &callback] {
        assert_unavailable(&anonymous, anonymous.request(Method::GET, path)).await;
    }
    for table in TABLES {
        site.execute(&format!("ALTER TABLE {table}_away RENAME TO {table}"))
            .await;
    }
    assert!(browser.account().await.is_some());
    site.assert_recovers().await;
}

async fn assert_unavailable(browser: &Browser, request: reqwest::RequestBuilder) {
    let response = browser.send(request).await;
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(!response.header("retry-after").is_empty());
}

/// Catalogue: 137.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_locked_session_table_delays_only_requests_with_a_session_and_only_until_the_timeout() {
    let site = SignInSite::start_with(&[("DATABASE_TIMEOUT", "500ms")]).await;
    let browser = signed_in_browser(&site, "alice").await;
    let lock = site.db.begin().await.expect("a transaction");
    let statement = "LOCK TABLE session IN ACCESS EXCLUSIVE MODE";
    lock.execute_unprepared(statement).await.expect("a lock");
    assert_eq!(site.browser().get("/").await.status, 200);
    assert_eq!(browser.get("/").await.status, 200);
    assert_unavailable(&browser, browser.request(Method::GET, "/protected")).await;
    lock.rollback().await.expect("unlocked");
    assert!(browser.account().await.is_some());
    site.assert_recovers().await;
}

/// The number of accesses to the tables of sign-in. PostgreSQL counts them when a connection ends, so the instance is
/// restarted.
async fn count_accesses(site: &mut SignInSite) -> i64 {
    const CONNECTIONS: &str = "SELECT count(*) AS value FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'site'";
    const TOUCHES: &str =
        "SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins)::bigint AS value
        FROM pg_stat_user_tables WHERE relname IN ('session', 'sign_in_attempt')";
    drop(site.instances.remove(0));
    eventually("the connections end", TIMEOUT, async || {
        (values::<i64>(&site.db, CONNECTIONS).await[0] == 0).then_some(())
    })
    .await;
    let touches = values(&site.db, TOUCHES).await[0];
    site.add_instance().await;
    touches
}

/// Views pages many times, many at once; no response sets a cookie.
async fn view(browser: &Browser, views: usize) {
    let views = (0..views).map(|number| {
        let path = ["/", "/unprotected", "/?q=cake", "/no/such/page"][number % 4];
        async move { (path, browser.get(path).await) }
    });
    let mut responses = stream::iter(views).buffer_unordered(4);
    while let Some((path, response)) = responses.next().await {
        assert!(
            matches!(response.status.as_u16(), 200 | 404),
            "{path} {}",
            response.status
        );
        assert!(!response.headers.contains_key(SET_COOKIE), "{path}");
    }
}

/// Catalogue: 139.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn anonymous_requests_neither_write_nor_query_sessions() {
    let mut site = SignInSite::start().await;
    let before = count_accesses(&mut site).await;
    view(&site.browser(), 1_000).await;
    assert_eq!(count_accesses(&mut site).await, before);
}

/// Catalogue: 139.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_forged_cookie_causes_no_query_and_an_ended_session_one() {
    let mut site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    let ended = session_cookie_of(&copy_browser(&site, &browser));
    browser.post("/auth/logout", &[]).await;
    let before = count_accesses(&mut site).await;

    let visitor = site.browser();
    visitor.set_cookie("session", "AAAAAAAAAAAAAAAAAAAAAA");
    view(&visitor, 100).await;
    assert_eq!(count_accesses(&mut site).await, before);

    let visitor = site.browser();
    visitor.set_cookie("session", &ended);
    view(&visitor, 100).await;
    assert_eq!(count_accesses(&mut site).await, before + 100);
}

/// Catalogue: 141.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn without_sign_in_no_cookie_is_set() {
    let site = Site::start(Backend::Postgres).await;
    let visitor = site.visitor();
    for path in [
        "/",
        "/unprotected",
        "/auth/login",
        "/auth/callback?code=a&state=b",
        "/auth/logout",
        "/protected",
        "/livez",
    ] {
        assert!(
            !visitor.get(path).await.headers.contains_key(SET_COOKIE),
            "{path}"
        );
    }
    let response = visitor.post("/auth/logout", &[]).await;
    assert_eq!(response.status, 501);
    assert!(!response.headers.contains_key(SET_COOKIE));
}

/// The table `session` of another program.
const FOREIGN_SESSION: &str =
    "CREATE TABLE session (session_key varchar(40) PRIMARY KEY, expire_date timestamp)";

async fn another_programs_session_table(backend: Backend) {
    let database = TestDatabase::create(backend).await;
    let create = match backend {
        Backend::Sqlite => format!("{}?mode=rwc", database.url),
        Backend::Postgres => database.url.clone(),
    };
    let other = connect(&create).await;
    let created = other.execute_unprepared(FOREIGN_SESSION).await;
    created.expect("a table");
    let site = Site::start_on(backend, database.share(), &[]).await;
    assert_eq!(site.visitor().get("/").await.status, 200);
    site.stop().await;

    let key = format!("--session-secret-key={}", "k".repeat(32));
    let flags = [
        "--azure-client-id=a",
        "--azure-tenant-id=b",
        "--azure-client-secret=c",
        &key,
    ];
    let with_sign_in = || {
        AppState::new(config(&database.url, &flags))
            .expect("a state")
            .database
    };
    let rejected = with_sign_in().migrate().await.expect_err("another table");
    let message = format!("{rejected:#}");
    for part in [
        "the table session belongs to another program",
        "ALTER TABLE session RENAME TO",
    ] {
        assert!(message.contains(part), "{message}");
    }

    let rename = "ALTER TABLE session RENAME TO theirs";
    other.execute_unprepared(rename).await.expect("renamed");
    with_sign_in().migrate().await.expect("a table of ours");
    let ours = "SELECT id_hash, data, expires_at FROM session";
    other.execute_unprepared(ours).await.expect("our columns");
    with_sign_in().migrate().await.expect("nothing to do");
}

#[tokio::test]
async fn another_programs_session_table_matters_only_with_sign_in_on_sqlite() {
    another_programs_session_table(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn another_programs_session_table_matters_only_with_sign_in_on_postgres() {
    another_programs_session_table(Backend::Postgres).await;
}
