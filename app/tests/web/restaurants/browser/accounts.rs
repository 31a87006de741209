//! Reviews and restaurants of signed-in users.

use super::steps::{CAFE, add_restaurant};
use harness::browser::steps::{choose_person, sign_in_as, sign_out};
use harness::browser::visit_with_sign_in;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_user_reviews_under_the_accounts_name_and_deletes_the_review() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        add_restaurant(page, CAFE).await;
        page.hides("Your name").await;
        page.choose("4 stars, very good").await;
        page.fill("Your review", "Good cake.").await;
        page.submit("Post review").await;
        page.shows(&["Alice Example", "Good cake.", "1 review"])
            .await;
        page.inspect("own-review").await;
        page.submit("Delete review").await;
        page.hides("Good cake.").await;
        page.shows(&["There are no reviews yet."]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_visitor_who_wants_to_write_is_sent_to_sign_in_and_comes_back_to_the_form() {
    visit_with_sign_in(async |visit| {
        let page = visit.page;
        page.follow("Add a restaurant").await;
        page.shows(&["Who signs in?"]).await;
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
        page.hides("Edit restaurant").await;
        sign_out(page, "Alice Example").await;
        page.follow("Café Zoë").await;
        sign_in_as(page, "Carol").await;
        page.follow("Edit restaurant").await;
        page.inspect("edit").await;
        page.fill("Name", "Café Zoé").await;
        page.submit("Save changes").await;
        page.shows(&["Café Zoé"]).await;
        page.hides("Café Zoë").await;
    })
    .await;
}
