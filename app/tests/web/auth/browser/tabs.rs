//! Sign-in in several tabs.

use harness::browser::steps::{choose_person, signed_in};
use harness::browser::visit_with_sign_in;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn two_tabs_can_sign_in_at_the_same_time() {
    visit_with_sign_in(async |visit| {
        let first = visit.page;
        let second = visit.open_tab().await;
        first.open("/?q=first").await;
        second.open("/?q=second").await;
        first.follow("Sign in with Azure").await;
        second.follow("Sign in with Azure").await;
        choose_person(first, "Alice").await;
        assert_eq!(first.path().await, "/?q=first");
        choose_person(&second, "Alice").await;
        assert_eq!(second.path().await, "/?q=second");
        first.reload().await;
        for page in [first, &second] {
            assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
        }
        assert_eq!(second.errors(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_sign_in_that_begins_on_a_loopback_alias_succeeds() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        let other = visit.origin().replace("localhost", "127.0.0.1");
        let typed = format!("location.assign('{other}/?q=cake')");
        page.until_loaded(page.evaluate::<()>(&typed)).await;
        page.follow("Sign in with Azure").await;
        choose_person(page, "Alice").await;
        assert_eq!(page.path().await, "/?q=cake");
        assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
    })
    .await;
}
