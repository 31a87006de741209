//! Forms submitted twice.

use super::steps::{CAFE, add_restaurant, fill_in_review, listed, write_review};
use harness::browser::visit;

const REVIEW: [&str; 3] = ["4 stars, very good", "Noor", "Good cake."];

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_double_click_adds_one_review() {
    visit(&[], async |page| {
        add_restaurant(page, CAFE).await;
        fill_in_review(page, REVIEW).await;
        page.forms_sent().await;
        page.submit_twice("Post review", "/restaurants/1/reviews")
            .await;
        assert_eq!(page.forms_sent().await, 2);
        page.reload().await;
        page.assert_shows(&["4.0", "1 review"]).await;
        page.assert_hides("2 reviews").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_form_sent_again_after_going_back_adds_no_row() {
    visit(&[], async |page| {
        add_restaurant(page, CAFE).await;
        page.go_back().await;
        assert_eq!(page.field("Name").await.value, CAFE[0]);
        page.submit("Add restaurant").await;
        page.follow("All restaurants").await;
        assert_eq!(listed(page).await, [CAFE[0]]);

        page.follow(CAFE[0]).await;
        write_review(page, REVIEW).await;
        page.go_back().await;
        assert_eq!(page.field("Your review").await.value, REVIEW[2]);
        page.submit("Post review").await;
        page.assert_shows(&["Thank you. Your review is below.", "1 review"])
            .await;
        page.assert_hides("2 reviews").await;
    })
    .await;
}
