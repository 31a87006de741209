//! The list: search, order and pagination.

use std::collections::HashSet;

use super::steps::{add_restaurant, listed, search, write_review};
use harness::browser::Page;
use harness::browser::visit;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_search_ignores_accents_and_matches_beginnings_of_words() {
    visit(&[], async |page| {
        add_restaurant(page, ["Crêperie Élan", "3 Rue d’Été", "Galettes"]).await;
        add_restaurant(page, ["Łódź", "Königstraße 5", "Pierogi"]).await;
        page.open("/").await;
        for words in ["creperie", "ELAN", "été", "gal", "crep rue"] {
            search(page, words).await;
            assert_eq!(listed(page).await, ["Crêperie Élan"], "{words}");
            page.assert_shows(&[&format!("Results for “{words}”")])
                .await;
        }
        search(page, "konigstr").await;
        assert_eq!(listed(page).await, ["Łódź"]);
        search(page, "sushi").await;
        page.assert_shows(&["Nothing found"]).await;
        page.follow("Clear search").await;
        assert_eq!(listed(page).await, ["Łódź", "Crêperie Élan"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn the_list_can_be_sorted_by_date_rating_and_name() {
    visit(&[], async |page| {
        for (name, rating) in [
            ("Berta", "5 stars, excellent"),
            ("Carla", "1 star, poor"),
            ("Anna", "3 stars, good"),
        ] {
            add_restaurant(page, [name, "1 High Street", "Soup of the day"]).await;
            write_review(page, [rating, "Noor", "As the rating says."]).await;
        }
        page.follow("Restaurants").await;
        assert_eq!(listed(page).await, ["Anna", "Carla", "Berta"]);
        page.follow("Top rated").await;
        assert_eq!(listed(page).await, ["Berta", "Anna", "Carla"]);
        page.follow("Name").await;
        assert_eq!(listed(page).await, ["Anna", "Berta", "Carla"]);
        search(page, "soup").await;
        assert_eq!(listed(page).await, ["Anna", "Berta", "Carla"]);
        assert_eq!(page.path().await, "/?q=soup&sort=name");
        page.follow("Newest").await;
        assert_eq!(listed(page).await, ["Anna", "Carla", "Berta"]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn every_restaurant_is_on_one_page_of_the_list() {
    visit(&["--restaurants=120", "--reviews=600"], async |page| {
        let first = listed(page).await;
        let all = all_pages(page, "Next", listed).await;
        assert_eq!(first.len(), 50);
        assert_eq!(all.len(), 120);
        page.follow("First page").await;
        assert_eq!(listed(page).await, first);

        page.follow("Top rated").await;
        let ratings = all_pages(page, "Next", ratings).await;
        assert_eq!(ratings.len(), 120);
        // One review of 5 stars ranks below many with an average of 4.7; a restaurant without reviews is last.
        let unrated = ratings.iter().position(|rating| *rating == 0.0);
        let (rated, unrated) = ratings.split_at(unrated.expect("a restaurant without a review"));
        assert!(unrated.iter().all(|rating| *rating == 0.0), "{ratings:?}");
        assert!(rated.first() > rated.last(), "{ratings:?}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn every_review_is_on_one_page_of_its_restaurant() {
    visit(&["--restaurants=1", "--reviews=55"], async |page| {
        page.follow(&listed(page).await[0]).await;
        let paths = all_pages(page, "Older reviews", review_texts).await;
        assert_eq!(paths.len(), 55);
        page.follow("First page").await;
        assert_eq!(review_texts(page).await.len(), 20);
    })
    .await;
}

/// Follows this link to the last page and collects a value of each page.
async fn all_pages<T>(page: &Page, next: &str, collect: impl AsyncFn(&Page) -> Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    loop {
        assert!(seen.insert(page.path().await), "a page came twice");
        all.extend(collect(page).await);
        if !page
            .find_all("link")
            .await
            .iter()
            .any(|link| link.name == next)
        {
            return all;
        }
        page.follow(next).await;
    }
}

/// The averages that are shown; 0 without one.
async fn ratings(page: &Page) -> Vec<f64> {
    page.evaluate("[...document.querySelectorAll('.entries > li')].map(entry => Number.parseFloat(entry.querySelector('strong')?.textContent ?? 0))")
        .await
}

async fn review_texts(page: &Page) -> Vec<String> {
    page.evaluate("[...document.querySelectorAll('.post')].map(post => post.innerText)")
        .await
}
