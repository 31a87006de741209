//! Invalid forms.

use super::steps::{CAFE, add_restaurant, fill_in_restaurant, fill_in_review};
use harness::browser::visit;
use harness::browser::{Element, Page};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_rejected_restaurant_is_shown_as_typed_and_can_be_corrected() {
    visit(&[], async |page| {
        let (long_address, long_description) = ("ß".repeat(51), "𝄞 ".repeat(126));
        page.follow("Add a restaurant").await;
        fill_in_restaurant(page, ["   ", &long_address, &long_description]).await;
        page.expect_error("422 /restaurants");
        page.submit("Add restaurant").await;
        assert!(
            page.title().await.starts_with("Error: "),
            "{}",
            page.title().await
        );
        summary_has_focus(page).await;

        let name = page.field("Name").await;
        assert_rejected(&name, "   ", "Enter a name");
        let street_address = page.field("Street address").await;
        let too_long = "Street address must be 50 characters or fewer (you entered 51)";
        assert_rejected(&street_address, &long_address, too_long);
        let description = page.field("Description").await;
        assert_rejected(
            &description,
            &long_description,
            "Description must be 250 characters or fewer (you entered 251)",
        );

        let link = page.find("link", too_long).await;
        page.click(&link).await;
        assert_eq!(page.focused().await.name, "Street address");
        fill_in_restaurant(page, CAFE).await;
        page.submit("Add restaurant").await;
        page.assert_shows(&CAFE).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_rejected_review_is_shown_as_typed_and_can_be_corrected() {
    visit(&[], async |page| {
        let (long_name, long_text) = ("n".repeat(51), "Good cake. ".repeat(46));
        add_restaurant(page, CAFE).await;
        fill_in_review(page, ["3 stars, good", &long_name, &long_text]).await;
        page.expect_error("422 /restaurants/1/reviews");
        page.submit("Post review").await;
        summary_has_focus(page).await;
        assert_rejected(
            &page.field("Your name").await,
            &long_name,
            "Your name must be 50 characters or fewer (you entered 51)",
        );
        assert_rejected(
            &page.field("Your review").await,
            &long_text,
            "Your review must be 500 characters or fewer (you entered 505)",
        );
        assert!(page.find("radio", "3 stars, good").await.is_checked());
        assert!(!page.field("Your rating").await.is_invalid());
        page.assert_shows(&["No ratings yet"]).await;

        page.fill("Your name", "Noor").await;
        page.fill("Your review", "Good cake.").await;
        page.submit("Post review").await;
        page.assert_shows(&["Thank you. Your review is below.", "3.0", "1 review"])
            .await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn an_empty_form_is_not_sent() {
    visit(&[], async |page| {
        page.follow("Add a restaurant").await;
        page.click(&page.find("button", "Add restaurant").await)
            .await;
        assert_eq!(page.focused().await.name, "Name");
        assert_eq!(page.forms_sent().await, 0);
        assert_eq!(page.path().await, "/restaurants/new");
    })
    .await;
}

async fn summary_has_focus(page: &Page) {
    page.until_focus_is_on("alert").await;
    page.assert_shows(&["Please correct the following"]).await;
}

/// Asserts that the field still has what was typed, and a message.
#[track_caller]
fn assert_rejected(field: &Element, typed: &str, message: &str) {
    assert_eq!(field.value, typed);
    assert!(field.is_invalid(), "{field:?}");
    assert!(field.description.contains(message), "{field:?}");
}
