//! Sign-in, the menu and the roles in a browser.

use harness::browser::steps::{MENU, choose_person, open_menu, sign_in_as, signed_in};
use harness::browser::visit_with_sign_in;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn sign_in_returns_to_the_page_that_the_visitor_was_on() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.open("/?q=caf%C3%A9%26bar&sort=name").await;
        page.follow("Sign in with Azure").await;
        page.assert_shows(&["Who signs in?"]).await;
        choose_person(page, "Alice").await;
        assert_eq!(page.path().await, "/?q=caf%C3%A9%26bar&sort=name");
        assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_profile_shows_name_address_and_roles() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Carol").await;
        open_menu(page, "Carol Example").await;
        page.follow("Profile").await;
        assert_eq!(page.path().await, "/auth/profile");
        page.assert_shows(&["Carol Example", "carol@example.com", "Tester", "Admin"])
            .await;
        page.assert_hides("Object id").await;
        page.click(&page.find("DisclosureTriangle", "Technical details").await)
            .await;
        page.assert_shows(&["Tenant id", "Object id"]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_menu_works_with_the_keyboard_only() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.tab_to("link", "Sign in with Azure").await;
        page.until_loaded(page.press("Enter")).await;
        choose_person(page, "Alice").await;
        page.tab_to(MENU, "Alice Example").await;
        page.press("Enter").await;
        page.tab_to("link", "Profile").await;
        page.press("Escape").await;
        assert_eq!(page.focused().await.name, "Alice Example");
        page.press("Enter").await;
        page.tab_to("link", "Profile").await;
        page.until_loaded(page.press("Enter")).await;
        assert_eq!(page.path().await, "/auth/profile");
        page.tab_to(MENU, "Alice Example").await;
        page.press("Enter").await;
        page.tab_to("button", "Sign out").await;
        page.until_at("/", page.press("Enter")).await;
        assert_eq!(signed_in(page).await, None);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_menu_closes_by_escape_and_by_a_click_elsewhere() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        let is_open = "document.querySelector('#account-menu').matches(':popover-open')";
        page.disable_scripts().await;
        sign_in_as(page, "Alice").await;
        open_menu(page, "Alice Example").await;
        assert!(page.evaluate::<bool>(is_open).await);
        page.press("Escape").await;
        assert!(!page.evaluate::<bool>(is_open).await);
        assert_eq!(page.focused().await.name, "Alice Example");
        open_menu(page, "Alice Example").await;
        page.click(&page.find("heading", "Restaurants").await).await;
        assert!(!page.evaluate::<bool>(is_open).await);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_user_without_the_admin_role_sees_a_403_page() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        page.expect_error("403 /roleProtected");
        page.open("/roleProtected").await;
        page.assert_shows(&["403"]).await;
        page.assert_hides("This route is protected by the role")
            .await;
        assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_admin_sees_the_role_protected_page() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.open("/roleProtected").await;
        choose_person(page, "Carol").await;
        assert_eq!(page.path().await, "/roleProtected");
        page.assert_shows(&["Carol Example. Your account has the role Admin."])
            .await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn anonymous_pages_offer_sign_in_and_set_no_cookie() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        for path in ["/", "/?q=cake", "/unprotected"] {
            page.open(path).await;
            assert_eq!(page.cookies().await, Vec::<String>::new(), "{path}");
        }
        page.open("/").await;
        assert_eq!(signed_in(page).await, None);
        sign_in_as(page, "Alice").await;
        assert!(page.cookies().await.contains(&"session".to_owned()));
    })
    .await;
}
