//! Layout, contrast and preferences of the restaurant pages.

use super::steps::{
    CAFE, add_restaurant, fill_in_restaurant, fill_in_review, listed, write_review,
};
use harness::browser::visit;
use harness::browser::{Page, Preference, Window};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_pages_of_an_empty_site_fit_and_are_legible() {
    visit(&[], async |page| {
        page.inspect("list-empty").await;
        page.follow("Add a restaurant").await;
        page.inspect("new").await;
        fill_in_restaurant(page, ["   ", &"ß".repeat(51), "Cakes"]).await;
        page.expect_error("422 /restaurants");
        page.submit("Add restaurant").await;
        page.inspect("new-rejected").await;
        add_restaurant(page, CAFE).await;
        page.inspect("restaurant-added").await;
        page.expect_error("404 /nowhere");
        page.open("/nowhere").await;
        page.inspect("not-found").await;
        page.expect_error("501 /auth/login");
        page.open("/auth/login").await;
        page.inspect("not-configured").await;
        page.open("/api/docs").await;
        page.inspect("api-docs").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_pages_of_a_full_site_fit_and_are_legible() {
    visit(&["--restaurants=60", "--reviews=6000"], async |page| {
        page.inspect("list").await;
        page.follow("Next").await;
        page.assert_shows(&["Restaurants, continued"]).await;
        page.inspect("list-last-page").await;
        let oldest = listed(page).await.pop().expect("a restaurant");
        page.follow(&oldest).await;
        page.inspect("restaurant").await;
        page.follow("Older reviews").await;
        page.inspect("restaurant-second-page").await;
        page.follow("Newer reviews").await;
        page.follow("4 stars").await;
        page.assert_shows(&["4-star reviews"]).await;
        page.inspect("restaurant-one-rating").await;
        page.open("/?q=a&sort=rating").await;
        assert!(!listed(page).await.is_empty());
        page.inspect("search").await;
        page.open("/?q=nothinglikethis").await;
        page.inspect("search-nothing-found").await;
        page.open("/restaurants/1").await;
        fill_in_review(page, ["2 stars, fair", &"n".repeat(51), "Good cake."]).await;
        page.expect_error("422 /restaurants/1/reviews");
        page.submit("Post review").await;
        page.inspect("review-rejected").await;
        write_review(page, ["2 stars, fair", "Noor", "Good cake."]).await;
        page.inspect("review-added").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn long_words_and_right_to_left_texts_fit() {
    visit(&[], async |page| {
        let (long, longer) = ("W".repeat(50), "w".repeat(250));
        add_restaurant(page, [&long, &long, &longer]).await;
        write_review(page, ["5 stars, excellent", &long, &"m".repeat(500)]).await;
        page.inspect("long-words").await;
        add_restaurant(
            page,
            ["مطعم الياسمين", "شارع النيل ٥", "أكل بيتي لذيذ (جداً)!"],
        )
        .await;
        write_review(page, ["5 stars, excellent", "נועה", "הכי טעים בעיר!"]).await;
        page.inspect("right-to-left").await;
        assert_eq!(direction(page, ".description").await, "rtl");
        assert_eq!(direction(page, ".post-text").await, "rtl");
        assert_eq!(direction(page, "main").await, "ltr");
        page.follow("All restaurants").await;
        page.inspect("list-of-long-words").await;
    })
    .await;
}

/// The screenshot of the README: after a change of the design, copy `target/e2e/readme.png` to `docs/screenshot.png`.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_readme_shows_the_list_with_sample_data() {
    visit(&["--restaurants=200", "--reviews=3000"], async |page| {
        assert_eq!(listed(page).await.len(), 50);
        page.picture("readme", [1280.0, 952.0]).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn every_page_fits_at_a_zoom_of_200_percent() {
    visit(&["--restaurants=3", "--reviews=60"], async |page| {
        page.set_window(Window::ZOOMED).await;
        page.assert_fits("list at 200 %").await;
        page.follow(&listed(page).await[0]).await;
        page.assert_fits("restaurant at 200 %").await;
        page.screenshot("restaurant-zoomed").await;
        write_review(page, ["5 stars, excellent", "Noor", "Good cake."]).await;
        page.assert_shows(&["Thank you. Your review is below."])
            .await;
        page.follow("Add a restaurant").await;
        page.assert_fits("new at 200 %").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_first_restaurant_is_on_the_first_screen_of_a_phone() {
    visit(&["--restaurants=3", "--reviews=60"], async |page| {
        page.set_window(Window::PHONE).await;
        let top = "document.querySelector('.entries h2').getBoundingClientRect().top + scrollY";
        let first_page: f64 = page.evaluate(top).await;
        assert!(first_page <= 410.0, "{first_page}");
        page.open("/?q=e&sort=name").await;
        let search: f64 = page.evaluate(top).await;
        assert!(search <= 410.0, "{search}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn back_to_top_reaches_the_top() {
    visit(&["--restaurants=20", "--reviews=60"], async |page| {
        page.prefer(Preference::ReducedMotion).await;
        let scrolled: f64 = page.evaluate("(scrollTo(0, 1e6), scrollY)").await;
        assert!(scrolled > 0.0);
        page.click(&page.find("link", "Back to top").await).await;
        assert!(page.evaluate::<f64>("scrollY").await < 1.0);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_colour_scheme_follows_the_visitors_system() {
    visit(&[], async |page| {
        page.prefer(Preference::Light).await;
        let light: String = page.evaluate(BACKGROUND).await;
        page.prefer(Preference::Dark).await;
        let dark: String = page.evaluate(BACKGROUND).await;
        assert_ne!(light, dark);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn reduced_motion_disables_animation() {
    visit(&[], async |page| {
        let scrolling = "getComputedStyle(document.documentElement).scrollBehavior";
        page.press("Tab").await;
        assert_eq!(page.evaluate::<String>(scrolling).await, "smooth");
        page.prefer(Preference::ReducedMotion).await;
        assert_eq!(page.evaluate::<String>(scrolling).await, "auto");
        assert_eq!(
            page.evaluate::<usize>("document.getAnimations().length")
                .await,
            0
        );
    })
    .await;
}

const BACKGROUND: &str = "getComputedStyle(document.documentElement).backgroundColor";

async fn direction(page: &Page, selector: &str) -> String {
    page.evaluate(&format!(
        "getComputedStyle(document.querySelector('{selector}')).direction"
    ))
    .await
}
