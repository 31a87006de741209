//! Lists and reads.

use harness::{Backend, Response, Site, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};

use super::{RESTAURANTS, parse, post, restaurant};

fn names(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items").iter();
    items
        .map(|item| item["restaurant_name"].as_str().expect("a name"))
        .collect()
}

/// The address in the header `Link`.
fn next_of(response: &Response) -> Option<String> {
    let link = response.header("link").strip_prefix('<')?;
    let (path, relation) = link.split_once('>')?;
    assert_eq!(relation, "; rel=\"next\"");
    Some(path.to_owned())
}

on_both_databases! {
    async fn a_client_follows_the_links_through_a_list_in_every_order(site: Site) {
        let visitor = site.visitor();
        for name in ["Alma", "Bistro", "Café Noir", "Diner", "Eatery"] {
            let added = post(&visitor, RESTAURANTS, &restaurant(name)).await;
            assert_eq!(added.status, 201, "{}", added.body);
        }
        let review = json!({ "rating": 5, "user_name": "Noor", "review_text": "Good." });
        post(&visitor, "/api/restaurants/2/reviews", &review).await;
        for (query, expected) in [
            ("", "Eatery, Diner, Café Noir, Bistro, Alma"),
            ("&sort=name", "Alma, Bistro, Café Noir, Diner, Eatery"),
            ("&sort=rating", "Bistro, Eatery, Diner, Café Noir, Alma"),
            ("&q=cafe", "Café Noir"),
            ("&q=high+street&sort=name", "Alma, Bistro, Café Noir, Diner, Eatery"),
            ("&unknown=1", "Eatery, Diner, Café Noir, Bistro, Alma"),
        ] {
            let mut path = Some(format!("{RESTAURANTS}?limit=2{query}"));
            let mut found: Vec<String> = Vec::new();
            while let Some(next) = path {
                let response = visitor.get(&next).await;
                let page = parse(&response);
                assert!(names(&page).len() <= 2);
                found.extend(names(&page).iter().map(ToString::to_string));
                path = next_of(&response);
                assert_eq!(page["next"].is_string(), path.is_some(), "{page}");
            }
            assert_eq!(found.join(", "), expected, "{query}");
        }
    }

    async fn reviews_are_listed_newest_first_and_counted(site: Site) {
        let visitor = site.visitor();
        post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
        for (rating, text) in [(4, "First"), (5, "Second"), (5, "Third")] {
            let review = json!({ "rating": rating, "user_name": "Noor", "review_text": text });
            let added = post(&visitor, "/api/restaurants/1/reviews", &review).await;
            assert_eq!(added.status, 201, "{}", added.body);
            let read = visitor.get(added.location()).await;
            assert_eq!((read.status.as_u16(), &read.body), (200, &added.body));
        }
        let first = visitor.get("/api/restaurants/1/reviews?limit=2").await;
        let second = visitor.get(&next_of(&first).expect("a second page")).await;
        assert_eq!(parse(&first)["items"][0]["review_text"], "Third");
        assert_eq!(parse(&second)["items"][0]["review_text"], "First");
        assert_eq!(parse(&second)["next"], Value::Null);
        let shown = parse(&visitor.get("/api/restaurants/1").await);
        assert_eq!(shown["rating_counts"], json!([0, 0, 0, 1, 2]));
        assert_eq!(shown["review_count"], 3);
        assert_eq!(shown["average_rating"], 4.7);
    }
}

#[tokio::test]
async fn every_bad_parameter_of_a_list_is_named() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
    for (query, parameters) in [
        ("limit=0", &["limit"][..]),
        ("limit=51", &["limit"]),
        ("limit=ten", &["limit"]),
        ("limit=", &["limit"]),
        ("sort=", &["sort"]),
        ("sort=oldest", &["sort"]),
        ("sort=oldest&limit=0", &["limit", "sort"]),
        ("after=x", &["after"]),
        ("after=x&limit=0", &["after", "limit"]),
        ("after=1~1", &["after"]),
        ("after=1&sort=rating", &["after"]),
        ("after=a%00~1&sort=name", &["after"]),
    ] {
        let response = visitor.get(&format!("{RESTAURANTS}?{query}")).await;
        assert_eq!(response.status, 422, "{query}: {}", response.body);
        let problem = parse(&response);
        let errors = problem["errors"].as_array().expect("errors").iter();
        let named: Vec<_> = errors.map(|error| error["parameter"].as_str()).collect();
        let expected: Vec<_> = parameters.iter().map(|name| Some(*name)).collect();
        assert_eq!(named, expected, "{query}");
    }
    for query in ["limit=1&limit=2", "q=%ff"] {
        let response = visitor.get(&format!("{RESTAURANTS}?{query}")).await;
        assert_eq!(response.status, 400, "{query}");
    }
    let list = visitor
        .get("/api/restaurants/1/reviews?after=yesterday")
        .await;
    assert_eq!(list.status, 422);
}

#[tokio::test]
async fn a_malformed_or_unknown_id_is_404() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    for id in ["0", "1", "01", "-1", "2147483648", "1.0", "x", "%31"] {
        for path in [
            format!("/api/restaurants/{id}"),
            format!("/api/restaurants/{id}/reviews"),
            format!("/api/reviews/{id}"),
        ] {
            let response = visitor.get(&path).await;
            assert_eq!(response.status, 404, "{path}");
            assert_eq!(response.header("content-type"), "application/problem+json");
            assert_eq!(parse(&response)["title"], "Not Found");
        }
        let review = json!({ "rating": 5, "user_name": "Noor", "review_text": "Good." });
        let path = format!("/api/restaurants/{id}/reviews");
        assert_eq!(post(&visitor, &path, &review).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn head_and_unsupported_methods_return_the_same_status_as_on_pages() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
    for path in [RESTAURANTS, "/api/restaurants/1", "/api/openapi.json"] {
        let get = visitor.get(path).await;
        let head = visitor.send(visitor.request(Method::HEAD, path)).await;
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}"
        );
        assert_eq!(head.header("etag"), get.header("etag"), "{path}");
    }
    let patch = visitor.request(Method::PATCH, RESTAURANTS);
    let response = visitor.send(patch).await;
    assert_eq!(response.status, 405);
    assert_eq!(response.header("allow").replace(' ', ""), "GET,HEAD,POST");
}

#[tokio::test]
async fn without_sign_in_operations_that_need_an_account_do_not_exist() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
    let review = json!({ "rating": 5, "user_name": "Noor", "review_text": "Good." });
    post(&visitor, "/api/restaurants/1/reviews", &review).await;
    let document = parse(&visitor.get("/api/openapi.json").await);
    for (method, path, documented) in [
        (Method::PUT, "/api/restaurants/1", "/api/restaurants/{id}"),
        (
            Method::DELETE,
            "/api/restaurants/1",
            "/api/restaurants/{id}",
        ),
        (Method::DELETE, "/api/reviews/1", "/api/reviews/{id}"),
    ] {
        let request = visitor.request(method.clone(), path);
        let request = request.header("if-match", "*").json(&restaurant("Bistro"));
        let response = visitor.send(request).await;
        assert_eq!(response.status, 405, "{method} {path}");
        assert_eq!(response.header("allow").replace(' ', ""), "GET,HEAD");
        let operation = method.as_str().to_lowercase();
        assert!(document["paths"][documented][operation].is_null());
    }
    assert_eq!(visitor.get("/api/restaurants/1").await.status, 200);
    assert_eq!(visitor.get("/api/reviews/1").await.status, 200);
}

#[tokio::test]
async fn a_client_that_does_not_accept_json_gets_406() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    for (accept, status) in [
        ("text/html", 406),
        ("text/csv, application/json;q=0", 406),
        ("*/*", 200),
    ] {
        let request = visitor.request(Method::GET, RESTAURANTS);
        let response = visitor.send(request.header("accept", accept)).await;
        assert_eq!(response.status, status, "{accept}");
    }
}

#[tokio::test]
async fn a_page_shows_what_the_same_client_has_just_written_over_the_api() {
    let flags = ["--page-cache-bytes=16MiB"];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    let visitor = site.visitor();
    assert!(!visitor.get("/").await.body.contains("Alma"));
    let added = post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
    assert!(added.header("set-cookie").starts_with("written="));
    assert!(visitor.get("/").await.body.contains("Alma"));
}
