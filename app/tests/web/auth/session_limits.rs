//! How long a session lasts (rows 129 to 132, 142).

use app::auth::SignIn;
use app::state::AppState;

use super::stage::{SESSION, Stage};
use crate::support::config;

/// Seconds until the only session ends, if nothing more happens.
const REMAINING: &str = "SELECT extract(epoch FROM expires_at - now() AT TIME ZONE 'UTC')::bigint AS value FROM session";

const HOUR: i64 = 3600;

async fn remaining(stage: &Stage) -> i64 {
    stage.site.values(REMAINING).await[0]
}

#[tokio::test]
async fn row_129_a_session_ends_when_nothing_has_happened_for_its_idle_time() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    assert!((8 * HOUR - 60..=8 * HOUR).contains(&remaining(&stage).await));
    stage.let_pass("7 hours 59 minutes").await;
    assert!(browser.who().await.is_some());
    stage.let_pass("8 hours").await;
    assert_eq!(browser.who().await, None);
}

#[tokio::test]
async fn row_129_activity_keeps_a_session_from_ending() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    for _ in 0..2 {
        stage.let_pass("7 hours").await;
        assert!(browser.who().await.is_some());
        assert!(remaining(&stage).await > 7 * HOUR);
    }
}

#[tokio::test]
async fn row_129_the_settings_say_how_long() {
    let stage = Stage::with(&["--session-idle-timeout=10m", "--session-max-age=30m"]).await;
    let browser = stage.browser_of("alice").await;
    for _ in 0..3 {
        stage.let_pass("9 minutes").await;
        assert!(browser.who().await.is_some());
    }
    stage.let_pass("4 minutes").await;
    assert_eq!(browser.who().await, None);
}

#[tokio::test]
async fn row_130_a_session_ends_after_a_day_whatever_happens() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    for _ in 0..47 {
        stage.let_pass("30 minutes").await;
        assert!(browser.who().await.is_some());
    }
    assert!(remaining(&stage).await <= HOUR / 2);
    stage.let_pass("30 minutes").await;
    assert_eq!(browser.who().await, None);
}

#[tokio::test]
async fn row_130_a_shorter_age_holds_for_the_sessions_there_are() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    stage.let_pass("2 hours").await;
    let stricter = stage.another_instance(&["--session-max-age=1h"]).await;
    assert_eq!(browser.at(&stricter.url).who().await, None);
}

#[tokio::test]
async fn row_132_a_copied_cookie_is_worth_nothing_after_the_sign_out() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    let copy = browser.copied();
    browser.post("/auth/logout", &[]).await;
    assert_eq!(browser.cookie(SESSION), None);
    assert_eq!(copy.who().await, None);
    assert_eq!(stage.site.count("session").await, 0);
}

#[tokio::test]
async fn row_132_a_request_under_way_does_not_bring_an_ended_session_back() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    let copies = (0..40).map(|_| browser.copied());
    stage.let_pass("1 hour").await;
    let (ended, _) = tokio::join!(
        browser.post("/auth/logout", &[]),
        futures_util::future::join_all(copies.map(|copy| async move { copy.who().await })),
    );
    assert!(ended.status.is_redirection());
    assert_eq!(stage.site.count("session").await, 0);
}

#[tokio::test]
async fn row_142_what_has_ended_is_swept_away_and_the_tables_do_not_grow() {
    let stage = Stage::open().await;
    let state = AppState::new(config(&stage.site.database.url, &stage.flags())).expect("a state");
    let sign_in = SignIn::from_state(&state)
        .expect("certificates")
        .expect("sign-in is configured");
    for _ in 0..30 {
        let day = (0..5).map(|_| async {
            stage.browser().begin("/").await;
            stage.browser_of("alice").await;
        });
        futures_util::future::join_all(day).await;
        stage.let_pass("1 day").await;
        stage
            .site
            .execute("UPDATE sign_in_attempt SET expires_at = expires_at - interval '1 day'")
            .await;
        assert_eq!(stage.site.count("session").await, 5);
        sign_in.sweep().await.expect("swept");
        assert_eq!(stage.site.count("session").await, 0);
        assert_eq!(stage.site.count("sign_in_attempt").await, 0);
    }
    let browser = stage.browser_of("alice").await;
    sign_in.sweep().await.expect("swept");
    assert!(browser.who().await.is_some());
}
