//! Reviews and restaurants of signed-in users.

use super::steps::{CAFE, add_restaurant};
use harness::browser::steps::{choose_person, sign_in_as, sign_out};
use harness::browser::{Element, Page, visit_with_sign_in};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_user_reviews_under_the_name_of_the_account_and_deletes_the_review() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        add_restaurant(page, CAFE).await;
        page.assert_hides("Your name").await;
        page.choose("4 stars, very good").await;
        page.fill("Your review", "Good cake.").await;
        page.submit("Post review").await;
        page.assert_shows(&["Alice Example", "Good cake.", "1 review"])
            .await;
        page.inspect("own-review").await;
        page.assert_hides("Post review").await;
        follow_first(page, "Edit your review").await;
        page.inspect("edit-review").await;
        page.choose("2 stars, fair").await;
        page.fill("Your review", "Stale cake.").await;
        page.submit("Save changes").await;
        page.assert_shows(&["Your review has been updated.", "Stale cake.", "2.0"])
            .await;
        page.assert_hides("Good cake.").await;
        follow_first(page, "Delete the review by Alice Example").await;
        page.assert_shows(&[
            "Delete this review?",
            "Café Zoë",
            "Alice Example",
            "Stale cake.",
        ])
        .await;
        page.inspect("delete-review").await;
        page.follow("Cancel").await;
        page.assert_shows(&["Stale cake."]).await;
        page.open("/reviews/1/delete").await;
        page.submit("Delete review").await;
        page.assert_hides("Stale cake.").await;
        page.assert_shows(&["Review deleted."]).await;
        page.assert_shows(&["There are no reviews yet."]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_review_is_deleted_with_the_keyboard_only() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        add_restaurant(page, CAFE).await;
        page.choose("4 stars, very good").await;
        page.fill("Your review", "Good cake.").await;
        page.submit("Post review").await;
        page.reload().await;
        let link = find_first(page, "Delete the review by Alice Example").await;
        page.tab_to("link", &link.name).await;
        page.until_loaded(page.press("Enter")).await;
        page.assert_shows(&["Delete this review?"]).await;
        page.tab_to("button", "Delete review").await;
        page.press("Tab").await;
        assert_eq!(page.focused().await.name, "Cancel");
        page.until_loaded(page.press("Enter")).await;
        page.assert_shows(&["Good cake."]).await;
        page.tab_to("link", &link.name).await;
        page.until_loaded(page.press("Enter")).await;
        page.tab_to("button", "Delete review").await;
        page.until_loaded(page.press("Enter")).await;
        page.assert_shows(&["Review deleted."]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_edit_after_another_edit_shows_both_and_is_saved_the_second_time() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Carol").await;
        add_restaurant(page, CAFE).await;
        page.follow("Edit restaurant").await;
        let tab = visit.open_tab().await;
        tab.open("/restaurants/1/edit").await;
        tab.fill("Description", "Cakes, coffee and tea").await;
        tab.submit("Save changes").await;
        page.fill("Name", "Café Zoé").await;
        page.expect_error("409 /restaurants/1/edit");
        page.submit("Save changes").await;
        page.assert_shows(&["Someone else", "Cakes, coffee and tea"])
            .await;
        assert_eq!(page.field("Name").await.value, "Café Zoé");
        page.inspect("conflict").await;
        page.submit("Save changes").await;
        page.assert_shows(&["Café Zoé"]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_anonymous_visitor_signs_in_and_returns_to_the_form() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.follow("Add a restaurant").await;
        page.assert_shows(&["Who signs in?"]).await;
        choose_person(page, "Alice").await;
        assert_eq!(page.path().await, "/restaurants/new");
        page.field("Name").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_admin_edits_what_a_user_added() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        add_restaurant(page, CAFE).await;
        page.assert_hides("Edit restaurant").await;
        sign_out(page, "Alice Example").await;
        page.follow("Café Zoë").await;
        sign_in_as(page, "Carol").await;
        page.follow("Edit restaurant").await;
        page.inspect("edit").await;
        page.fill("Name", "Café Zoé").await;
        page.submit("Save changes").await;
        page.assert_shows(&["Café Zoé"]).await;
        page.assert_hides("Café Zoë").await;
        page.follow("Edit restaurant").await;
        page.follow("Delete restaurant").await;
        page.assert_shows(&["Delete this restaurant?", "Café Zoé"])
            .await;
        page.inspect("delete-restaurant").await;
        page.submit("Delete restaurant and reviews").await;
        assert_eq!(page.path().await, "/");
        page.assert_shows(&["Restaurant and reviews deleted.", "No restaurants yet"])
            .await;
    })
    .await;
}

/// Follows the first link whose name begins so; the rest of it is the date.
async fn follow_first(page: &Page, start: &str) {
    let link = find_first(page, start).await;
    page.until_loaded(page.click(&link)).await;
}

/// The first link whose name begins so.
async fn find_first(page: &Page, start: &str) -> Element {
    let mut links = page.find_all("link").await.into_iter();
    let link = links.find(|link| link.name.starts_with(start));
    link.unwrap_or_else(|| panic!("there is no link {start}"))
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_review_sent_after_the_session_has_ended_is_posted_after_signing_in_again() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        add_restaurant(page, CAFE).await;
        page.choose("4 stars, very good").await;
        page.fill("Your review", "Good cake.\nسيروا بجد 👩\u{200d}🍳")
            .await;
        page.clear_cookies().await;
        page.expect_error("401 /restaurants/1/reviews");
        page.submit("Post review").await;
        page.assert_shows(&["What you entered", "Good cake.\nسيروا بجد 👩\u{200d}🍳"])
            .await;
        page.inspect("session-ended").await;

        let tab = visit.open_tab().await;
        sign_in_as(&tab, "Alice").await;
        page.submit("Try again").await;
        assert!(page.path().await.starts_with("/restaurants/1"));
        page.assert_shows(&["Good cake.", "4.0", "Alice Example"])
            .await;
    })
    .await;
}
