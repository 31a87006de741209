//! Layout and contrast of the sign-in pages.

use harness::browser::steps::{choose_person, open_menu, sign_in_as};
use harness::browser::visit_with_sign_in;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_sign_in_pages_fit_and_are_legible() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.inspect("signed-out").await;
        page.follow("Sign in with Azure").await;
        page.expect_error("403 /auth/callback");
        choose_person(page, "Deny").await;
        page.inspect("sign-in-declined").await;
        page.open("/").await;
        sign_in_as(page, "Alice").await;
        open_menu(page, "Alice Example").await;
        page.inspect("menu").await;
        page.follow("Profile").await;
        page.inspect("profile").await;
        visit.follow_from_elsewhere("/auth/logout").await;
        page.assert_shows(&["Sign out?", "You are still signed in."])
            .await;
        page.inspect("sign-out").await;
        page.expect_error("403 /roleProtected");
        page.open("/roleProtected").await;
        page.inspect("forbidden").await;
    })
    .await;
}
