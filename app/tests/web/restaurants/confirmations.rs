//! The confirmation before a delete, and authors who edit their own reviews.

use harness::sign_in::{Browser, SignInSite, signed_in_browser, values};
use reqwest::StatusCode;

use super::accounts::{assert_counted, review, site_with_restaurant};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn deleting_a_review_requires_confirmation_on_a_page_that_shows_it() {
    let site = site_with_restaurant().await;
    let alice = signed_in_browser(&site, "alice").await;
    review(&alice, "4").await;
    let page = alice.get("/restaurants/1").await.body;
    assert!(page.contains("<a class=\"link-danger\" href=\"/reviews/1/delete\">"));
    assert!(!page.contains("action=\"/reviews/1/delete\""), "{page}");
    let question = alice.get("/reviews/1/delete").await;
    assert_eq!(question.status, StatusCode::OK);
    for part in [
        "<h1>Delete this review?</h1>",
        "Café Zoë",
        "Alice Example",
        "Good cake.",
        "action=\"/reviews/1/delete\"",
        "<a href=\"/restaurants/1#review-1\">Cancel</a>",
    ] {
        assert!(question.body.contains(part), "{part}: {}", question.body);
    }
    assert_eq!(site.count("review").await, 1, "asking deletes nothing");
    let deleted = alice.post("/reviews/1/delete", &[]).await;
    assert_eq!(deleted.location(), "/restaurants/1#reviews");
    let page = alice.get("/restaurants/1").await.body;
    assert!(page.contains("Review deleted."), "{page}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn deleting_a_restaurant_requires_confirmation_on_a_page_with_the_number_of_reviews() {
    let site = site_with_restaurant().await;
    let admin = signed_in_browser(&site, "carol").await;
    for rating in ["4", "5"] {
        review(&admin, rating).await;
    }
    let form = admin.get("/restaurants/1/edit").await.body;
    assert!(form.contains("href=\"/restaurants/1/delete\""), "{form}");
    let question = admin.get("/restaurants/1/delete").await.body;
    for part in [
        "<h1>Delete this restaurant?</h1>",
        "<dd dir=\"auto\">Café Zoë</dd>",
        "<dd dir=\"auto\">2</dd>",
        "action=\"/restaurants/1/delete\"",
        "<a href=\"/restaurants/1\">Cancel</a>",
    ] {
        assert!(question.contains(part), "{part}: {question}");
    }
    assert_eq!(site.count("restaurant").await, 1, "asking deletes nothing");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_author_edits_their_review_and_the_counters_follow() {
    let site = site_with_restaurant().await;
    let alice = signed_in_browser(&site, "alice").await;
    review(&alice, "4").await;
    let form = alice.get("/reviews/1/edit").await.body;
    assert!(form.contains("Good cake.") && form.contains("value=\"4\" checked"));
    let changed = [("rating", "2"), ("review_text", "Stale cake.")];
    let edited = alice.post("/reviews/1/edit", &changed).await;
    assert_eq!(edited.location(), "/restaurants/1#review-1");
    let page = alice.get("/restaurants/1").await.body;
    for part in ["Your review has been updated.", "Stale cake.", "2.0"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Good cake."));
    assert_counted(&site).await;

    let rejected = alice.post("/reviews/1/edit", &[("rating", "6")]).await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        rejected.body.contains("Enter your review"),
        "{}",
        rejected.body
    );
    assert_eq!(stored_texts(&site).await, ["Stale cake."]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn nobody_can_edit_another_users_review() {
    let site = site_with_restaurant().await;
    let alice = signed_in_browser(&site, "alice").await;
    review(&alice, "4").await;
    site.execute("INSERT INTO review (restaurant, user_name, rating, review_text, review_date) VALUES (1, 'Old', 9, 'Old', now())").await;
    let changed = [("rating", "1"), ("review_text", "Changed")];
    for person in ["bob", "carol"] {
        let other = signed_in_browser(&site, person).await;
        for id in [1, 2] {
            let path = format!("/reviews/{id}/edit");
            assert_eq!(status(&other, &path).await, StatusCode::FORBIDDEN);
            let response = other.post(&path, &changed).await;
            assert_eq!(response.status, StatusCode::FORBIDDEN, "{person} {id}");
        }
        assert_eq!(
            status(&other, "/reviews/3/edit").await,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(stored_texts(&site).await, ["Good cake.", "Old"]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_user_who_has_reviewed_sees_the_review_instead_of_an_empty_form() {
    let site = site_with_restaurant().await;
    let alice = signed_in_browser(&site, "alice").await;
    let form = "action=\"/restaurants/1/reviews\"";
    assert!(alice.get("/restaurants/1").await.body.contains(form));
    review(&alice, "4").await;
    let page = alice.get("/restaurants/1").await.body;
    assert!(!page.contains(form), "{page}");
    assert!(page.contains("<h2 id=\"write-title\">Your review</h2>"));
    assert_eq!(
        page.matches("href=\"/reviews/1/edit\"").count(),
        2,
        "{page}"
    );
    let bob = signed_in_browser(&site, "bob").await;
    let page = bob.get("/restaurants/1").await.body;
    assert!(
        page.contains(form) && !page.contains("/reviews/1/"),
        "{page}"
    );
}

async fn status(browser: &Browser, path: &str) -> StatusCode {
    browser.get(path).await.status
}

async fn stored_texts(site: &SignInSite) -> Vec<String> {
    let sql = "SELECT review_text AS value FROM review ORDER BY id";
    values(&site.db, sql).await
}
