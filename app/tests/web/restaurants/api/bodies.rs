//! Request bodies: which are rejected, and the errors.

use harness::{Backend, Site};
use reqwest::Method;
use serde_json::{Value, json};

use super::{RESTAURANTS, parse, post, restaurant};

#[tokio::test]
async fn every_bad_member_is_named_at_once() {
    const EACH: &[&str] = &["/description", "/restaurant_name", "/street_address"];
    const REVIEWS: &str = "/api/restaurants/1/reviews";
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
    for (path, body, pointers) in [
        (RESTAURANTS, json!({}), EACH),
        (
            RESTAURANTS,
            json!({ "restaurant_name": 7, "street_address": null, "description": "\u{200b}" }),
            EACH,
        ),
        (
            RESTAURANTS,
            json!({ "restaurant_name": "é".repeat(51), "street_address": "a\nb", "description": "a\u{0}" }),
            EACH,
        ),
        (
            REVIEWS,
            json!({ "rating": "5", "user_name": "Noor", "review_text": "Good." }),
            &["/rating"],
        ),
        (
            REVIEWS,
            json!({ "rating": 6, "user_name": " ", "review_text": "x".repeat(501) }),
            &["/rating", "/review_text", "/user_name"],
        ),
    ] {
        let response = post(&visitor, path, &body).await;
        assert_eq!(response.status, 422, "{body}");
        let problem = parse(&response);
        assert_eq!(problem["reference"], response.header("x-request-id"));
        let errors = problem["errors"].as_array().expect("errors");
        let named: Vec<_> = errors.iter().map(|error| &error["pointer"]).collect();
        assert_eq!(named, pointers, "{body}");
        assert!(errors.iter().all(|error| error["detail"].is_string()));
    }
    assert_eq!(site.count("restaurant").await, 1);
    assert_eq!(site.count("review").await, 0);
}

#[tokio::test]
async fn a_number_with_a_zero_fraction_is_whole_and_unknown_members_are_ignored() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
    let review =
        json!({ "rating": 5.0, "user_name": "Noor", "review_text": "Good.", "id": 9, "x": [] });
    let added = post(&visitor, "/api/restaurants/1/reviews", &review).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(parse(&added)["rating"], 5);
    assert_eq!(parse(&added)["id"], 1);
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_rejected_with_the_position() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    let deep = "[".repeat(100_000);
    let invalid_utf8 = b"{\"restaurant_name\": \"\xff\"}".to_vec();
    for (body, status, detail) in [
        (b"".to_vec(), 400, "line 1, column 0"),
        (b"{\n \"a\": }".to_vec(), 400, "line 2, column 7"),
        (b"{} x".to_vec(), 400, "line 1, column 4"),
        (br#"{"a": "\ud800"}"#.to_vec(), 400, "line 1"),
        (br#"{"a": 1e999}"#.to_vec(), 400, "line 1"),
        (invalid_utf8, 400, "line 1"),
        (deep.clone().into_bytes(), 413, ""),
        (deep.as_bytes()[..1000].to_vec(), 422, ""),
        (
            format!("{{\"a\": {}", &deep[..1000]).into_bytes(),
            400,
            "line 1",
        ),
        (b"[]".to_vec(), 422, ""),
        (b"null".to_vec(), 422, ""),
        (
            br#"{"description": "a", "description": "b"}"#.to_vec(),
            422,
            "",
        ),
    ] {
        let text = String::from_utf8_lossy(&body[..body.len().min(50)]).into_owned();
        let request = visitor.request(Method::POST, RESTAURANTS);
        let request = request.header("content-type", "application/json; charset=utf-8");
        let response = visitor.send(request.body(body)).await;
        assert_eq!(response.status, status, "{text}: {}", response.body);
        let problem = parse(&response);
        let shown = problem["detail"].as_str().expect("a detail");
        assert!(shown.contains(detail), "{text}: {shown}");
        if status == 422 {
            assert_eq!(problem["errors"][0]["pointer"], "", "{text}");
        }
    }
    assert_eq!(site.count("restaurant").await, 0);
}

#[tokio::test]
async fn another_content_type_is_415() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    let body = restaurant("Alma").to_string();
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "multipart/form-data",
    ] {
        let request = visitor.request(Method::POST, RESTAURANTS);
        let request = request.header("content-type", kind).body(body.clone());
        let response = visitor.send(request).await;
        assert_eq!(response.status, 415, "{kind}");
        assert!(
            parse(&response)["detail"]
                .as_str()
                .is_some_and(|text| text.contains("application/json"))
        );
    }
    assert_eq!(site.count("restaurant").await, 0);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_write() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = visitor.request(Method::POST, RESTAURANTS);
        let request = request.header(name, value).json(&restaurant("Alma"));
        let response = visitor.send(request).await;
        assert_eq!(response.status, 403, "{name}");
        assert_eq!(parse(&response)["status"], Value::from(403));
    }
    assert_eq!(site.count("restaurant").await, 0);
}
