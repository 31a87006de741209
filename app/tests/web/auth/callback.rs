//! The callback: state, cookie, replay and concurrent tabs.

use entra_emulator::Endpoint;
use reqwest::StatusCode;
use tokio::task::JoinSet;

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 16.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_wrong_or_missing_state_is_rejected() {
    let site = SignInSite::start().await;
    let states: [fn(&str) -> Option<String>; 4] = [
        |state| Some(with_another_end(state)),
        |state| Some(state[1..].to_owned()),
        |_| Some(String::new()),
        |_| None,
    ];
    for state in states {
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        let changed = with_state(&callback, state);
        site.open(&browser, &changed, Expected::rejected(400)).await;
        site.open(&browser, &callback, Expected::signed_in("alice"))
            .await;
    }
}

/// Catalogue: 16.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_rejected_callback_does_not_end_an_existing_session() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    browser.sign_in("carol").await;
    let changed = "/auth/callback?code=1.a&state=b";
    let response = site.open(&browser, changed, Expected::rejected(303)).await;
    assert_eq!(response.location(), "/");
    assert!(browser.account().await.is_some());
}

/// Catalogue: 17.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_callback_without_the_cookie_shows_a_page_to_start_again() {
    let site = SignInSite::start().await;
    let callback = site.browser().begin_as("alice").await;
    let response = site
        .open(&site.browser(), &callback, Expected::rejected(400))
        .await;
    assert!(response.body.contains("sign in again"), "{}", response.body);
    assert!(response.body.contains("Allow cookies"), "{}", response.body);
}

/// Catalogue: 17.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_forged_sign_in_cookie_is_ignored() {
    let site = SignInSite::start().await;
    let (attacker, victim) = (site.browser(), site.browser());
    let callback = attacker.begin_as("alice").await;
    let own = attacker.sign_in_cookie().1;
    let unsigned = own[own.len() - 43..].to_owned();
    let flipped = own.replacen(&own[..1], if own.starts_with('A') { "B" } else { "A" }, 1);
    for value in [
        unsigned,
        flipped,
        String::new(),
        "x".repeat(5000),
        "%ff".to_owned(),
    ] {
        victim.set_cookie("sign-in", &value);
        site.open(&victim, &callback, Expected::rejected(400)).await;
    }
}

/// Catalogue: 18.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_code_and_state_of_another_browser_are_rejected() {
    let site = SignInSite::start().await;
    let (attacker, victim) = (site.browser(), site.browser());
    let own = victim.begin_as("alice").await;
    let forged = attacker.begin_as("carol").await;
    site.open(&victim, &forged, Expected::rejected(400)).await;
    site.open(&victim, &own, Expected::signed_in("alice")).await;
}

/// Catalogue: 18.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_code_of_another_browser_is_rejected() {
    let site = SignInSite::start().await;
    let (attacker, victim) = (site.browser(), site.browser());
    let own = victim.begin_as("alice").await;
    let forged = attacker.begin_as("carol").await;
    let injected = with_state(&forged, |_| with_state_of(&own));
    let rejected = Expected::rejected(400).calls(Endpoint::Token, 1);
    site.open(&victim, &injected, rejected).await;
}

/// Catalogue: 20.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_replayed_callback_changes_nothing() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    site.open(&browser, &callback, Expected::signed_in("alice"))
        .await;
    for _ in 0..2 {
        let response = site
            .open(&browser, &callback, Expected::rejected(303))
            .await;
        assert_eq!(response.location(), "/");
    }
    assert!(browser.account().await.is_some());
}

/// Catalogue: 21.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn concurrent_identical_callbacks_are_one_sign_in() {
    let mut site = SignInSite::start().await;
    let ports = [site.instances[0].port, site.add_instance().await];
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    site.emulator.clear_requests();
    let mut responses = JoinSet::new();
    for number in 0..20 {
        let (tab, callback) = (browser.on_port(ports[number % 2]), callback.clone());
        responses.spawn(async move { tab.get(&callback).await.status });
    }
    let statuses = responses.join_all().await;
    let succeeded = statuses
        .iter()
        .filter(|status| **status == StatusCode::SEE_OTHER);
    assert_eq!(succeeded.count(), 1, "{statuses:?}");
    let rejected = statuses
        .iter()
        .filter(|status| **status == StatusCode::BAD_REQUEST);
    assert_eq!(rejected.count(), 19, "{statuses:?}");
    assert_eq!(site.emulator.requests_to(Endpoint::Token).len(), 1);
    assert_eq!(site.count("session").await, 1);
    assert!(browser.account().await.is_some());
    site.assert_invariants().await;
}

/// Catalogue: 23.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn two_tabs_sign_in_and_return_to_their_own_pages() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let (one, two) = (browser.clone(), browser.clone());
    let first = one.begin("/protected?tab=1").await;
    let second = two.begin("/protected?tab=2").await;
    let first = one.choose(&first, "alice").await;
    let second = two.choose(&second, "alice").await;
    let response = site.open(&one, &first, Expected::signed_in("alice")).await;
    assert_eq!(response.location(), "/protected?tab=1");
    let response = site.open(&two, &second, Expected::signed_in("alice")).await;
    assert_eq!(response.location(), "/protected?tab=2");
    assert_eq!(site.count("session").await, 1);
}

/// Catalogue: 23.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_eleventh_pending_sign_in_replaces_the_oldest() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let mut callbacks = Vec::new();
    for _ in 0..11 {
        callbacks.push(browser.begin_as("alice").await);
    }
    assert_eq!(site.count("sign_in_attempt").await, 10);
    site.open(&browser, &callbacks[0], Expected::rejected(400))
        .await;
    for callback in &callbacks[1..] {
        site.open(&browser, callback, Expected::signed_in("alice"))
            .await;
    }
}

/// Catalogue: 25.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_pending_sign_in_expires() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let later = "UPDATE sign_in_attempt SET expires_at = expires_at - interval '20 minutes'";
    site.execute(later).await;
    let response = site
        .open(&browser, &callback, Expected::rejected(400))
        .await;
    assert!(
        response.body.contains("The sign-in has expired"),
        "{}",
        response.body
    );
    assert!(response.body.contains("Sign in again"), "{}", response.body);
}

/// Catalogue: 25.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_cookie_outlives_the_pending_sign_in() {
    let site = SignInSite::start().await;
    let response = site.browser().get("/auth/login").await;
    let cookie = cookie::Cookie::parse(response.header("set-cookie").to_owned()).expect("a cookie");
    assert!(
        cookie.max_age().is_some_and(|age| age.whole_minutes() > 20),
        "{cookie}"
    );
}

/// The callback with another state, or without one.
pub(super) fn with_state(callback: &str, change: impl Fn(&str) -> Option<String>) -> String {
    let mut url: url::Url = callback.parse().expect("an address");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(pairs.iter().filter_map(|(name, value)| {
            let value = if name == "state" {
                change(value)?
            } else {
                value.clone()
            };
            Some((name.clone(), value))
        }));
    url.into()
}

fn with_another_end(state: &str) -> String {
    let last = if state.ends_with('A') { "B" } else { "A" };
    format!("{}{last}", &state[..state.len() - 1])
}

fn with_state_of(callback: &str) -> Option<String> {
    let url: url::Url = callback.parse().expect("an address");
    let state = url.query_pairs().find(|(name, _)| name == "state")?;
    Some(state.1.into_owned())
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn concurrent_first_sign_ins_in_several_tabs_all_succeed() {
    let site = SignInSite::start().await;
    let tabs = [site.browser(), site.browser(), site.browser()];
    let mut callbacks = Vec::new();
    for tab in &tabs {
        callbacks.push(tab.begin_as("alice").await);
    }
    // The tabs of one browser share the cookies of all of these responses.
    let browser = site.browser();
    for tab in &tabs {
        let (name, value) = tab.sign_in_cookie();
        browser.set_cookie(&name, &value);
    }
    assert_eq!(browser.cookies().len(), 3);
    for callback in callbacks {
        site.open(&browser, &callback, Expected::signed_in("alice"))
            .await;
    }
}
