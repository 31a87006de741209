//! Sign-in that fails: what the page says and how to continue.

use entra_emulator::{Endpoint, Fault};

use harness::browser::steps::{choose_person, sign_in_as, signed_in};
use harness::browser::visit_with_sign_in;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_declined_sign_in_can_be_repeated() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.follow("Sign in with Azure").await;
        page.expect_error("403 /auth/callback");
        choose_person(page, "Deny").await;
        page.assert_shows(&["Sign-in was declined"]).await;
        page.follow("Sign in again").await;
        choose_person(page, "Alice").await;
        assert_eq!(page.path().await, "/");
        assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_provider_outage_affects_only_sign_in() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        visit.emulator.fault(Endpoint::Discovery, Fault::Reset);
        page.expect_error("502 /auth/login");
        page.follow("Sign in with Azure").await;
        page.assert_shows(&["Sign-in is unavailable"]).await;
        page.open("/").await;
        assert_eq!(signed_in(page).await, None);
        visit.emulator.end_misbehaviour();
        sign_in_as(page, "Alice").await;
        assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_unresponsive_provider_times_out() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        visit
            .emulator
            .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
        page.expect_error("504 /auth/login");
        page.follow("Sign in with Azure").await;
        page.assert_shows(&["Microsoft is not responding"]).await;
        page.follow("Go to the home page").await;
        assert_eq!(signed_in(page).await, None);
    })
    .await;
}
