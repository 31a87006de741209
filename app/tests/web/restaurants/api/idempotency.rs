//! Repeated requests with an idempotency key.

use entra_emulator::HOME_TENANT_ID;
use harness::sign_in::{SignInSite, signed_in_browser};
use harness::{Response, Site, Visitor, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};

use super::{RESTAURANTS, parse, post, restaurant};

const REVIEWS: &str = "/api/restaurants/1/reviews";

async fn send(visitor: &Visitor, path: &str, key: &str, body: &Value) -> Response {
    let request = visitor
        .request(Method::POST, path)
        .header("idempotency-key", key);
    visitor.send(request.json(body)).await
}

fn review(text: &str) -> Value {
    json!({ "rating": 5, "user_name": "Noor", "review_text": text })
}

/// Each collection: its path, its table, two bodies, and a change of the column that the first body has set.
fn collections() -> [(&'static str, &'static str, Value, Value, &'static str); 2] {
    let changed = "UPDATE restaurant SET description = 'Soups'";
    [
        (
            RESTAURANTS,
            "restaurant",
            restaurant("Alma"),
            restaurant("Bistro"),
            changed,
        ),
        (
            REVIEWS,
            "review",
            review("Good."),
            review("Bad."),
            "UPDATE review SET review_text = 'Soups'",
        ),
    ]
}

on_both_databases! {
    async fn a_repeated_request_with_the_same_key_inserts_one_row(site: Site) {
        let visitor = site.visitor();
        for (path, table, body, other, _) in collections() {
            let first = send(&visitor, path, "k-1", &body).await;
            let second = send(&visitor, path, "k-1", &body).await;
            assert_eq!(first.status, 201, "{}", first.body);
            assert_eq!((first.status, first.location(), &first.body), (second.status, second.location(), &second.body));
            let rejected = send(&visitor, path, "k-1", &other).await;
            assert_eq!(rejected.status, 422, "{}", rejected.body);
            assert_eq!(parse(&rejected)["errors"][0]["header"], "idempotency-key");
            assert_eq!(site.count(table).await, 1);
            assert_eq!(send(&visitor, path, "k-2", &body).await.status, 201);
            assert_eq!(site.count(table).await, 2);
            assert_eq!(send(&visitor, path, "ü", &other).await.status, 422);
        }
    }

    async fn requests_with_the_same_key_at_once_insert_one_row(site: Site) {
        let visitor = site.visitor();
        for (path, table, body, other, _) in collections() {
            let (one, two, three, rejected) = tokio::join!(
                send(&visitor, path, "k", &body),
                send(&visitor, path, "k", &body),
                send(&visitor, path, "k", &body),
                send(&visitor, path, "k", &other),
            );
            let is_first = rejected.status == 201;
            let row = |response: &Response| response.headers.get("location").cloned();
            for response in [&one, &two, &three] {
                assert_eq!(response.status, if is_first { 422 } else { 201 }, "{}", response.body);
                assert_eq!(row(response), row(&one));
            }
            assert!(is_first || rejected.status == 422, "{}", rejected.body);
            assert_eq!(site.count(table).await, 1);
        }
    }

    async fn a_request_is_repeated_after_its_row_has_been_changed(site: Site) {
        let visitor = site.visitor();
        for (path, table, body, other, change) in collections() {
            let first = send(&visitor, path, "k", &body).await;
            site.execute(change).await;
            let second = send(&visitor, path, "k", &body).await;
            assert_eq!((second.status, second.location()), (first.status, first.location()), "{}", second.body);
            assert!(second.body.contains("Soups"), "{}", second.body);
            assert_eq!(send(&visitor, path, "k", &other).await.status, 422);
            assert_eq!(site.count(table).await, 1);
        }
    }

    async fn a_key_inserts_no_second_row_after_its_row_has_been_deleted(site: Site) {
        let visitor = site.visitor();
        for (path, table, body, other, _) in collections() {
            assert_eq!(send(&visitor, path, "k", &body).await.status, 201);
            assert_eq!(send(&visitor, path, "k-2", &body).await.status, 201);
            site.execute(&format!("DELETE FROM {table} WHERE id = 2")).await;
            let gone = send(&visitor, path, "k-2", &body).await;
            assert_eq!(gone.status, 410, "{}", gone.body);
            assert_eq!(parse(&gone)["status"], 410);
            assert_eq!(send(&visitor, path, "k-2", &other).await.status, 422);
            assert_eq!(site.count(table).await, 1);
        }
    }

    async fn a_body_is_the_same_with_its_members_in_another_order(site: Site) {
        let visitor = site.visitor();
        let bodies = [
            r#"{"restaurant_name":"Alma","street_address":"1 High Street","description":"Cakes"}"#,
            r#"{ "description": "Cakes", "street_address": "1 High Street", "restaurant_name": "A\u006cma" }"#,
        ];
        for body in bodies {
            let request = visitor.request(Method::POST, RESTAURANTS).header("idempotency-key", "k");
            let request = request.header("content-type", "application/json");
            assert_eq!(visitor.send(request.body(body)).await.status, 201);
        }
        assert_eq!(site.count("restaurant").await, 1);
    }

    async fn a_row_of_a_build_that_stores_no_requests_is_found_by_its_submission_key(site: Site) {
        let visitor = site.visitor();
        for (path, table, body, _, _) in collections() {
            let first = send(&visitor, path, "k", &body).await;
            site.execute("DELETE FROM idempotency_key").await;
            let second = send(&visitor, path, "k", &body).await;
            assert_eq!((second.status, second.location()), (first.status, first.location()), "{}", second.body);
            assert_eq!(site.count(table).await, 1);
        }
    }

    async fn a_request_that_fails_leaves_its_key_unused(site: Site) {
        let visitor = site.visitor();
        let invalid = restaurant("");
        assert_eq!(send(&visitor, RESTAURANTS, "k", &invalid).await.status, 422);
        assert_eq!(send(&visitor, RESTAURANTS, "k", &restaurant("Alma")).await.status, 201);
        assert_eq!(post(&visitor, RESTAURANTS, &restaurant("Alma")).await.status, 201);
        assert_eq!(site.count("restaurant").await, 2);
        assert_eq!(site.count("idempotency_key").await, 1);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_key_of_another_account_is_another_key() {
    let site = SignInSite::start().await;
    let admin = signed_in_browser(&site, "carol").await;
    let request = admin.request(Method::POST, RESTAURANTS);
    admin.send(request.json(&restaurant("Alma"))).await;
    let user = signed_in_browser(&site, "alice").await;
    for browser in [&admin, &user] {
        let request = browser.request(Method::POST, "/api/restaurants/1/reviews");
        let review =
            json!({ "rating": 4, "review_text": format!("Good {}", browser.cookies().len()) });
        let response = browser
            .send(request.header("idempotency-key", "k").json(&review))
            .await;
        assert_eq!(response.status, 201, "{}", response.body);
        assert!(!response.body.contains(HOME_TENANT_ID));
    }
    assert_eq!(site.count("review").await, 2);
}
