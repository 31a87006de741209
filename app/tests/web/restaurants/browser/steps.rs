//! Steps shared by the tests of the restaurant pages.

use harness::browser::Page;

/// The fields of a restaurant: name, street address and description.
pub(super) type Restaurant<'a> = [&'a str; 3];

/// The fields of a review: the label of the rating, the visitor's name, the text.
pub(super) type Review<'a> = [&'a str; 3];

pub(super) const CAFE: Restaurant = ["Café Zoë", "1 High Street", "Cakes and coffee"];

pub(super) async fn add_restaurant(page: &Page, restaurant: Restaurant<'_>) {
    page.follow("Add a restaurant").await;
    fill_in_restaurant(page, restaurant).await;
    page.submit("Add restaurant").await;
}

pub(super) async fn fill_in_restaurant(
    page: &Page,
    [name, street_address, description]: Restaurant<'_>,
) {
    page.fill("Name", name).await;
    page.fill("Street address", street_address).await;
    page.fill("Description", description).await;
}

/// On the restaurant's page.
pub(super) async fn write_review(page: &Page, review: Review<'_>) {
    fill_in_review(page, review).await;
    page.submit("Post review").await;
}

pub(super) async fn fill_in_review(page: &Page, [rating, user_name, text]: Review<'_>) {
    page.choose(rating).await;
    page.fill("Your name", user_name).await;
    page.fill("Your review", text).await;
}

pub(super) async fn search(page: &Page, words: &str) {
    page.fill("Search by name, address or description", words)
        .await;
    page.submit("Search").await;
}

/// The texts of the numbers of reviews with 5, 4, 3, 2 and 1 stars.
pub(super) async fn distribution(page: &Page) -> Vec<String> {
    page.evaluate("[...document.querySelectorAll('.distribution li')].map(row => row.innerText.replace(/\\s+/g, ' '))")
        .await
}

/// The names of the restaurants that the list shows.
pub(super) async fn listed(page: &Page) -> Vec<String> {
    page.evaluate("[...document.querySelectorAll('.entries h2')].map(name => name.innerText)")
        .await
}
