//! Session lifetimes.

use std::sync::Arc;

use app::auth::SignIn;
use app::state::AppState;
use futures_util::future::join_all;
use time::Duration;

use harness::config;
use harness::sign_in::SignInSite;
use harness::sign_in::{age_sessions, copy_browser, signed_in_browser, values};

/// Seconds until the only session ends without further requests.
const REMAINING: &str = "SELECT extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::bigint AS value FROM session";

const HOUR: i64 = 3600;

async fn remaining(site: &SignInSite) -> i64 {
    values(&site.db, REMAINING).await[0]
}

/// Catalogue: 129.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_session_ends_after_the_idle_timeout() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    assert!((8 * HOUR - 60..=8 * HOUR).contains(&remaining(&site).await));
    age_sessions(&site, Duration::minutes(479)).await;
    assert!(browser.account().await.is_some());
    age_sessions(&site, Duration::hours(8)).await;
    assert_eq!(browser.account().await, None);
}

/// Catalogue: 129.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn activity_extends_a_session() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    for _ in 0..2 {
        age_sessions(&site, Duration::hours(7)).await;
        assert!(browser.account().await.is_some());
        assert!(remaining(&site).await > 7 * HOUR);
    }
}

/// Catalogue: 129.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn session_lifetimes_are_configurable() {
    let site =
        SignInSite::start_with(&[("SESSION_IDLE_TIMEOUT", "10m"), ("SESSION_MAX_AGE", "30m")])
            .await;
    let browser = signed_in_browser(&site, "alice").await;
    for _ in 0..3 {
        age_sessions(&site, Duration::minutes(9)).await;
        assert!(browser.account().await.is_some());
    }
    age_sessions(&site, Duration::minutes(4)).await;
    assert_eq!(browser.account().await, None);
}

/// Catalogue: 130.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_session_ends_at_its_maximum_age() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    for _ in 0..47 {
        age_sessions(&site, Duration::minutes(30)).await;
        assert!(browser.account().await.is_some());
    }
    assert!(remaining(&site).await <= HOUR / 2);
    age_sessions(&site, Duration::minutes(30)).await;
    assert_eq!(browser.account().await, None);
}

/// Catalogue: 130.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_shorter_maximum_age_applies_to_existing_sessions() {
    let mut site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    age_sessions(&site, Duration::hours(2)).await;
    site.settings
        .push(("SESSION_MAX_AGE".to_owned(), "1h".to_owned()));
    site.restart_instance(0).await;
    assert_eq!(browser.account().await, None);
}

/// Catalogue: 132.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_copied_cookie_is_invalid_after_sign_out() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    let copy = copy_browser(&site, &browser);
    browser.post("/auth/logout", &[]).await;
    assert!(!browser.cookies().contains_key("session"));
    assert_eq!(copy.account().await, None);
    assert_eq!(site.count("session").await, 0);
}

/// Catalogue: 132.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_concurrent_request_does_not_restore_an_ended_session() {
    let site = SignInSite::start().await;
    for _ in 0..10 {
        let browser = signed_in_browser(&site, "alice").await;
        age_sessions(&site, Duration::hours(1)).await;
        let copy = copy_browser(&site, &browser);
        let (ended, _) = tokio::join!(
            browser.post("/auth/logout", &[]),
            join_all((0..20).map(|_| copy.get("/"))),
        );
        assert_eq!(ended.status, 200);
        assert_eq!(site.count("session").await, 0);
    }
}

/// Catalogue: 142.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn expired_sessions_are_deleted() {
    const PASS: &str = "UPDATE sign_in_attempt SET expires_at = expires_at - interval '1 day'";
    let site = SignInSite::start().await;
    let sign_in = in_process(&site);
    for _ in 0..30 {
        join_all((0..5).map(|_| async {
            site.browser().begin("/").await;
            signed_in_browser(&site, "alice").await
        }))
        .await;
        age_sessions(&site, Duration::hours(24)).await;
        site.execute(PASS).await;
        let rows = (
            site.count("session").await,
            site.count("sign_in_attempt").await,
        );
        assert_eq!(rows, (5, 5));
        sign_in.delete_expired().await.expect("deleted");
        let rows = (
            site.count("session").await,
            site.count("sign_in_attempt").await,
        );
        assert_eq!(rows, (0, 0));
    }
    let browser = signed_in_browser(&site, "alice").await;
    sign_in.delete_expired().await.expect("deleted");
    assert!(browser.account().await.is_some());
}

/// `SignIn` in this process, to run its clean-up at a chosen time.
fn in_process(site: &SignInSite) -> Arc<SignIn> {
    let value = |name: &str| {
        let found = site.settings.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value)
    };
    let flags = [
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET",
        "SESSION_SECRET_KEY",
    ]
    .map(|name| {
        format!(
            "--{}={}",
            name.to_lowercase().replace('_', "-"),
            value(name)
        )
    });
    let config = config(value("DATABASE_URL"), &flags.each_ref().map(String::as_str));
    let state = AppState::new(config).expect("a state");
    state.sign_in.expect("sign-in is configured")
}
