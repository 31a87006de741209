//! What accounts may do: reviews under their name, roles, deletion.

use entra_emulator::Person;
use reqwest::StatusCode;

use harness::Response;
use harness::sign_in::{Browser, SignInSite};
use harness::sign_in::{signed_in_browser, values};

const RESTAURANT: [(&str, &str); 3] = [
    ("restaurant_name", "Café Zoë"),
    ("street_address", "1 High Street"),
    ("description", "Cakes"),
];

const EDITED: [(&str, &str); 3] = [
    ("restaurant_name", "Noodle Bar"),
    ("street_address", "2 Low Street"),
    ("description", "Soups"),
];

/// Restaurants whose counters are not what a recount gives.
const MISCOUNTED: &str = "
    SELECT restaurant.id::bigint AS value FROM restaurant
    JOIN restaurant_rating ON restaurant_rating.restaurant = restaurant.id
    LEFT JOIN review ON review.restaurant = restaurant.id AND rating BETWEEN 1 AND 5
    GROUP BY restaurant.id, restaurant_rating.restaurant
    HAVING review_count <> count(rating) OR rating_sum <> coalesce(sum(rating), 0)
        OR rating_1_count <> count(*) FILTER (WHERE rating = 1)
        OR rating_2_count <> count(*) FILTER (WHERE rating = 2)
        OR rating_3_count <> count(*) FILTER (WHERE rating = 3)
        OR rating_4_count <> count(*) FILTER (WHERE rating = 4)
        OR rating_5_count <> count(*) FILTER (WHERE rating = 5)";

pub(super) async fn site_with_restaurant() -> SignInSite {
    let site = SignInSite::start().await;
    let admin = signed_in_browser(&site, "carol").await;
    let added = admin.post("/restaurants", &RESTAURANT).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    site
}

pub(super) async fn review(browser: &Browser, rating: &str) -> Response {
    let form = [
        ("user_name", "Somebody else"),
        ("rating", rating),
        ("review_text", "Good cake."),
    ];
    browser.post("/restaurants/1/reviews", &form).await
}

pub(super) async fn assert_counted(site: &SignInSite) {
    assert_eq!(values::<i64>(&site.db, MISCOUNTED).await, [0_i64; 0]);
}

async fn names(site: &SignInSite) -> Vec<String> {
    values(
        &site.db,
        "SELECT user_name AS value FROM review ORDER BY id",
    )
    .await
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_review_has_the_name_of_the_account_and_not_of_the_form() {
    let site = site_with_restaurant().await;
    let browser = signed_in_browser(&site, "alice").await;
    let page = browser.get("/restaurants/1").await;
    assert!(!page.body.contains("name=\"user_name\""), "{}", page.body);
    assert_eq!(review(&browser, "4").await.status, StatusCode::SEE_OTHER);
    assert_eq!(names(&site).await, ["Alice Example"]);
    let without_name = [("rating", "4"), ("review_text", "Again.")];
    let response = browser.post("/restaurants/1/reviews", &without_name).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    assert_eq!(names(&site).await, ["Alice Example", "Alice Example"]);
    site.assert_invariants().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_long_name_is_truncated_to_fifty_characters() {
    let site = site_with_restaurant().await;
    let tenant = site.emulator.tenant_id().to_owned();
    let name = "é".repeat(60);
    site.emulator.put_person(
        Person::new("zoe", 77, &tenant)
            .claim("name", name.as_str())
            .profile("displayName", name.as_str()),
    );
    let browser = signed_in_browser(&site, "zoe").await;
    assert_eq!(review(&browser, "4").await.status, StatusCode::SEE_OTHER);
    assert_eq!(names(&site).await, ["é".repeat(50)]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_user_with_an_invisible_name_reviews_under_a_visible_one() {
    let site = site_with_restaurant().await;
    let tenant = site.emulator.tenant_id().to_owned();
    let name = format!("{}x", " ".repeat(60));
    site.emulator.put_person(
        Person::new("zoe", 77, &tenant)
            .claim("name", name.as_str())
            .profile("displayName", "\u{200b}"),
    );
    let browser = signed_in_browser(&site, "zoe").await;
    assert_eq!(review(&browser, "4").await.status, StatusCode::SEE_OTHER);
    let names = names(&site).await;
    assert!(names[0].chars().any(char::is_alphanumeric), "{names:?}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn without_required_sign_in_anyone_writes_and_users_write_under_their_name() {
    let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", "none")]).await;
    let anonymous = site.browser();
    assert_eq!(
        anonymous.post("/restaurants", &RESTAURANT).await.status,
        StatusCode::SEE_OTHER
    );
    let page = anonymous.get("/restaurants/1").await;
    assert!(page.body.contains("name=\"user_name\""), "{}", page.body);
    review(&anonymous, "3").await;
    review(&signed_in_browser(&site, "alice").await, "4").await;
    assert_eq!(names(&site).await, ["Somebody else", "Alice Example"]);
    assert!(!page.body.contains("/delete"), "{}", page.body);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn without_the_session_table_no_anonymous_review_is_accepted() {
    let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", "none")]).await;
    let browser = signed_in_browser(&site, "alice").await;
    browser.post("/restaurants", &RESTAURANT).await;
    site.execute("ALTER TABLE session RENAME TO away").await;
    assert_eq!(
        review(&browser, "4").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(site.count("review").await, 0);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_author_can_delete_their_own_review_and_no_other() {
    let site = site_with_restaurant().await;
    let (alice, bob) = (
        signed_in_browser(&site, "alice").await,
        signed_in_browser(&site, "bob").await,
    );
    review(&alice, "4").await;
    review(&bob, "2").await;
    let page = alice.get("/restaurants/1").await.body;
    assert!(
        page.contains("/reviews/1/delete") && !page.contains("/reviews/2/delete"),
        "{page}"
    );
    let rejected = alice.post("/reviews/2/delete", &[]).await;
    assert_eq!(rejected.status, StatusCode::FORBIDDEN);
    let deleted = alice.post("/reviews/1/delete", &[]).await;
    assert_eq!(deleted.status, StatusCode::SEE_OTHER);
    let again = alice.post("/reviews/1/delete", &[]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(names(&site).await, ["Bob Example"]);
    assert_counted(&site).await;
    site.assert_invariants().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_account_of_another_tenant_with_the_same_address_is_another_author() {
    let settings = [
        ("AZURE_TENANT_ID", "organizations"),
        ("AZURE_ALLOWED_TENANTS", "*"),
    ];
    let site = SignInSite::start_with(&settings).await;
    let (alice, eve) = (
        signed_in_browser(&site, "alice").await,
        signed_in_browser(&site, "eve").await,
    );
    alice.post("/restaurants", &RESTAURANT).await;
    review(&alice, "4").await;
    assert_eq!(
        eve.post("/reviews/1/delete", &[]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(site.count("review").await, 1);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn only_an_administrator_can_delete_a_review_without_an_author() {
    let site = site_with_restaurant().await;
    site.execute("INSERT INTO review (restaurant, user_name, rating, review_text, review_date) VALUES (1, 'Old', 9, 'Old', now())").await;
    let alice = signed_in_browser(&site, "alice").await;
    assert_eq!(
        alice.post("/reviews/1/delete", &[]).await.status,
        StatusCode::FORBIDDEN
    );
    let admin = signed_in_browser(&site, "carol").await;
    assert_eq!(
        admin.post("/reviews/1/delete", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_counted(&site).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_edited_restaurant_is_found_by_its_new_texts_only() {
    let site = site_with_restaurant().await;
    let admin = signed_in_browser(&site, "carol").await;
    review(&admin, "5").await;
    let form = admin.get("/restaurants/1/edit").await;
    assert!(form.body.contains("value=\"Café Zoë\""), "{}", form.body);
    let edited = admin.post("/restaurants/1/edit", &EDITED).await;
    assert_eq!(edited.location(), "/restaurants/1");
    let page = admin.get("/restaurants/1").await.body;
    assert!(
        page.contains("Noodle Bar")
            && page.contains("2 Low Street")
            && page.contains("Soups")
            && page.contains("5.0")
    );
    for (words, found) in [
        ("noodle", true),
        ("low", true),
        ("soup", true),
        ("zoë", false),
        ("cake", false),
    ] {
        let list = admin.get(&format!("/?q={words}")).await.body;
        assert_eq!(
            list.contains("href=\"/restaurants/1?list="),
            found,
            "{words}"
        );
    }
    assert_counted(&site).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_rejected_edit_shows_the_form_as_typed_and_changes_nothing() {
    let site = site_with_restaurant().await;
    let admin = signed_in_browser(&site, "carol").await;
    let long = "x".repeat(51);
    let form = [
        ("restaurant_name", long.as_str()),
        ("street_address", ""),
        ("description", "Soups"),
    ];
    let response = admin.post("/restaurants/1/edit", &form).await;
    assert_eq!(response.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(response.body.contains(&long) && response.body.contains("aria-invalid=\"true\""));
    assert!(admin.get("/restaurants/1").await.body.contains("Café Zoë"));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_administrator_deletes_a_restaurant_with_its_reviews_and_search_entries() {
    let site = site_with_restaurant().await;
    let admin = signed_in_browser(&site, "carol").await;
    admin.post("/restaurants", &EDITED).await;
    review(&admin, "5").await;
    let deleted = admin.post("/restaurants/1/delete", &[]).await;
    assert_eq!(deleted.location(), "/");
    assert_eq!(
        (site.count("restaurant").await, site.count("review").await),
        (1, 0)
    );
    for (method_and_path, status) in [
        ("/restaurants/1", 404),
        ("/restaurants/1/edit", 404),
        ("/restaurants/2", 200),
    ] {
        assert_eq!(
            admin.get(method_and_path).await.status.as_u16(),
            status,
            "{method_and_path}"
        );
    }
    assert!(admin.get("/?q=cake").await.body.contains("Nothing found"));
    assert!(!admin.get("/").await.body.contains("Café Zoë"));
    assert_eq!(
        admin.post("/restaurants/1/delete", &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_counted(&site).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn counters_equal_a_recount_after_concurrent_inserts_and_deletes() {
    let site = site_with_restaurant().await;
    let admin = signed_in_browser(&site, "carol").await;
    for rating in ["1", "2", "3", "4", "5", "5"] {
        review(&admin, rating).await;
    }
    let deleting = futures_util::future::join_all([1, 2, 3, 3, 3].map(|id| {
        let path = format!("/reviews/{id}/delete");
        let admin = admin.clone();
        async move { admin.post(&path, &[]).await.status }
    }));
    let writing =
        futures_util::future::join_all(["1", "3", "5"].map(|rating| review(&admin, rating)));
    let (deleted, written) = tokio::join!(deleting, writing);
    assert!(
        deleted
            .iter()
            .all(|status| matches!(status.as_u16(), 303 | 404)),
        "{deleted:?}"
    );
    assert!(
        written
            .iter()
            .all(|response| response.status == StatusCode::SEE_OTHER)
    );
    assert_eq!(site.count("review").await, 6);
    assert_counted(&site).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_restaurant_that_is_deleted_while_it_is_reviewed_leaves_no_review() {
    let site = site_with_restaurant().await;
    let admin = signed_in_browser(&site, "carol").await;
    for id in 1..=10 {
        let (path, delete) = (
            format!("/restaurants/{id}/reviews"),
            format!("/restaurants/{id}/delete"),
        );
        let form = [("rating", "4"), ("review_text", "Good cake.")];
        let (written, deleted) = tokio::join!(admin.post(&path, &form), admin.post(&delete, &[]));
        assert!(
            matches!(written.status.as_u16(), 303 | 404),
            "{}",
            written.body
        );
        assert!(matches!(deleted.status.as_u16(), 303), "{}", deleted.body);
        assert_eq!(site.count("review").await, 0);
        admin.post("/restaurants", &RESTAURANT).await;
    }
}
