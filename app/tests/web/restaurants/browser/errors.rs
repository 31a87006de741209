//! Error pages.

use harness::browser::visit;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_unknown_address_has_a_page_with_a_recovery_link() {
    visit(&[], async |page| {
        for path in [
            "/nowhere",
            "/restaurants/1",
            "/restaurants/01",
            "/restaurants/one",
        ] {
            page.expect_error(&format!("404 {path}"));
            page.open(path).await;
            page.assert_shows(&[
                "404",
                "Page not found",
                "There is no page at this address.",
                "quote the reference",
            ])
            .await;
            page.follow("Go to the home page").await;
            assert_eq!(page.path().await, "/");
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_sign_in_page_says_that_it_is_not_configured() {
    visit(&[], async |page| {
        page.expect_error("501 /auth/login");
        page.open("/auth/login").await;
        page.assert_shows(&["Azure authentication not configured"])
            .await;
    })
    .await;
}
