//! Sign-out here and at the provider.

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};

use harness::browser::steps::{open_menu, sign_in_as, sign_out, signed_in};
use harness::browser::visit_with_sign_in;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn sign_out_ends_both_sessions_and_returns_to_the_home_page() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.open("/?q=cake").await;
        sign_in_as(page, "Alice").await;
        sign_out(page, "Alice Example").await;
        assert_eq!(page.path().await, "/");
        assert_eq!(signed_in(page).await, None);
        assert_eq!(visit.emulator.requests_to(Endpoint::EndSession).len(), 1);
        assert!(!page.cookies().await.contains(&"session".to_owned()));
        page.open("/protected").await;
        page.assert_shows(&["Who signs in?"]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_provider_may_redirect_sign_out_over_another_site() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        let elsewhere = Emulator::start(Options::default()).await;
        let elsewhere = elsewhere.expect("another provider");
        elsewhere.register_redirect_uri(&format!("{}/auth/callback", visit.origin()));
        let address = format!(
            "{}/{}/oauth2/v2.0/logout?post_logout_redirect_uri={}/",
            elsewhere.base_url(),
            elsewhere.tenant_id(),
            visit.origin(),
        );
        let redirect = Fault::Reply(Reply::redirect(302, &address));
        visit.emulator.fault(Endpoint::EndSession, redirect);
        sign_in_as(page, "Alice").await;
        sign_out(page, "Alice Example").await;
        assert_eq!(signed_in(page).await, None);
        assert_eq!(elsewhere.requests_to(Endpoint::EndSession).len(), 1);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn back_after_signing_out_shows_a_public_page_without_the_name() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        page.open("/?q=cake").await;
        sign_out(page, "Alice Example").await;
        page.go_back().await;
        assert_eq!(page.path().await, "/?q=cake");
        page.assert_hides("Alice").await;
        assert_eq!(signed_in(page).await, None);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn back_after_signing_out_redirects_from_the_profile_to_the_provider() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        open_menu(page, "Alice Example").await;
        page.follow("Profile").await;
        page.assert_shows(&["Technical details"]).await;
        sign_out(page, "Alice Example").await;
        page.go_back().await;
        page.assert_shows(&["Who signs in?"]).await;
        page.assert_hides("Technical details").await;
    })
    .await;
}
