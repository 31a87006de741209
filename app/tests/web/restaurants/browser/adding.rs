//! Adding a restaurant and reviewing it.

use super::steps::{CAFE, add_restaurant, distribution, listed, search, write_review};
use harness::browser::Page;
use harness::browser::visit;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_visitor_adds_a_restaurant_and_reviews_it() {
    visit(&[], walk_through_the_site).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_site_works_without_javascript() {
    visit(&[], async |page| {
        page.disable_scripts().await;
        page.reload().await;
        assert!(
            page.evaluate::<bool>("matchMedia('(scripting: none)').matches")
                .await
        );
        walk_through_the_site(page).await;
    })
    .await;
}

async fn walk_through_the_site(page: &Page) {
    page.assert_shows(&["No restaurants yet"]).await;
    add_restaurant(page, CAFE).await;
    page.assert_shows(&CAFE).await;
    page.assert_shows(&[
        "Restaurant added.",
        "No ratings yet",
        "There are no reviews yet.",
    ])
    .await;

    add_reviews(page).await;

    page.follow("All restaurants").await;
    page.assert_shows(&CAFE).await;
    page.assert_shows(&["2.5", "2 reviews"]).await;
    search(page, "cafe zoe").await;
    assert_eq!(listed(page).await, ["Café Zoë"]);
    page.follow("Café Zoë").await;
    page.assert_shows(&["Good cake."]).await;
}

async fn add_reviews(page: &Page) {
    write_review(page, ["4 stars, very good", "Noor", "Good cake."]).await;
    page.assert_shows(&["Noor", "Good cake.", "4.0", "1 review"])
        .await;
    assert_eq!(
        distribution(page).await,
        [
            "5 stars 0 reviews",
            "4 stars 1 review",
            "3 stars 0 reviews",
            "2 stars 0 reviews",
            "1 star 0 reviews"
        ]
    );

    write_review(
        page,
        ["1 star, poor", "Ada", "The second time it was burnt."],
    )
    .await;
    page.assert_shows(&["Ada", "Noor", "2.5", "2 reviews"])
        .await;
    page.assert_hides("4.0").await;
    assert_eq!(
        distribution(page).await,
        [
            "5 stars 0 reviews",
            "4 stars 1 review",
            "3 stars 0 reviews",
            "2 stars 0 reviews",
            "1 star 1 review"
        ]
    );
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_tab_key_follows_the_order_of_the_page() {
    visit(&[], async |page| {
        add_restaurant(page, CAFE).await;
        page.open("/").await;
        for name in [
            "Skip to main content",
            "Table Talk",
            "Restaurants",
            "Add a restaurant",
            "Search by name, address or description",
            "Search",
            "Newest",
            "Top rated",
            "Name",
            "Café Zoë",
            "Back to top",
        ] {
            page.press("Tab").await;
            assert_eq!(page.focused().await.name, name);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_review_is_written_with_the_keyboard_only() {
    visit(&[], async |page| {
        add_restaurant(page, CAFE).await;
        page.reload().await;
        page.press("Tab").await;
        assert_eq!(page.focused().await.name, "Skip to main content");
        page.press("Enter").await;
        page.tab_to("link", "Write a review").await;
        page.press("Enter").await;
        page.tab_to("radio", "1 star, poor").await;
        for chosen in ["2 stars, fair", "3 stars, good", "4 stars, very good"] {
            page.press("ArrowRight").await;
            assert!(page.find("radio", chosen).await.is_checked(), "{chosen}");
        }
        page.tab_to("textbox", "Your name").await;
        page.type_keys("Noor").await;
        page.tab_to("textbox", "Your review").await;
        page.type_keys("Good cake.").await;
        page.tab_to("button", "Post review").await;
        page.until_loaded(page.press("Enter")).await;
        page.assert_shows(&[
            "Thank you. Your review is below.",
            "Noor",
            "Good cake.",
            "4.0",
        ])
        .await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn after_posting_the_page_opens_at_the_highlighted_review() {
    visit(&["--restaurants=1", "--reviews=40"], async |page| {
        page.open("/restaurants/1").await;
        write_review(page, ["4 stars, very good", "Noor", "Good cake."]).await;
        let target: String = page
            .evaluate("document.querySelector('.posts > :target').innerText")
            .await;
        assert!(target.contains("Good cake."), "{target}");
        let is_seen = "(() => { const box = document.querySelector(':target').getBoundingClientRect(); \
            return box.top >= 0 && box.bottom <= innerHeight; })()";
        assert!(page.evaluate::<bool>(is_seen).await);
        page.inspect("review-highlighted").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_success_notice_is_shown_once() {
    visit(&[], async |page| {
        add_restaurant(page, CAFE).await;
        write_review(page, ["4 stars, very good", "Noor", "Good cake."]).await;
        let notices = page.find_all("status").await;
        assert_eq!(notices.len(), 1, "{notices:?}");
        page.assert_shows(&["Thank you. Your review is below."])
            .await;
        page.assert_hides("Restaurant added.").await;
        page.follow("All restaurants").await;
        page.follow("Café Zoë").await;
        assert!(page.find_all("status").await.is_empty());
        page.assert_hides("Thank you").await;
    })
    .await;
}
