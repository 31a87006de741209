//! The OpenAPI document and its page.

use std::collections::BTreeSet;

use harness::sign_in::SignInSite;
use harness::{Backend, Kind, Site};
use serde_json::Value;

use super::parse;
use crate::FEATURE;

async fn document_of(site: &Site) -> Value {
    parse(&site.visitor().get("/api/openapi.json").await)
}

#[tokio::test]
async fn the_document_has_the_limits_of_the_forms() {
    let site = Site::start(Backend::Sqlite).await;
    let document = document_of(&site).await;
    let schemas = &document["components"]["schemas"];
    for (form, schema) in FEATURE.forms.iter().zip(["NewRestaurant", "NewReview"]) {
        let required = schemas[schema]["required"].as_array().expect("required");
        assert_eq!(required.len(), form.fields.len());
        for field in form.fields {
            let property = &schemas[schema]["properties"][field.name];
            match field.kind {
                Kind::Line(max) | Kind::Lines(max) => {
                    assert_eq!(property["maxLength"], max, "{}", field.name);
                    assert_eq!(property["minLength"], 1, "{}", field.name);
                }
                _ => assert_eq!(
                    (&property["minimum"], &property["maximum"]),
                    (&1.into(), &5.into())
                ),
            }
        }
    }
}

#[tokio::test]
async fn every_operation_is_described_completely() {
    let site = Site::start(Backend::Sqlite).await;
    let document = document_of(&site).await;
    assert_eq!(
        document["openapi"].as_str().map(|version| &version[..3]),
        Some("3.1")
    );
    let page = site.visitor().get("/api/docs").await.body;
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let case = format!("{method} {path}: {operation:#}");
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id.to_owned()), "{case}");
            assert!(operation["summary"].is_string(), "{case}");
            for status in ["400", "406", "429", "500", "503"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{status} in {case}"
                );
            }
            assert!(
                page.contains(&format!("{} {path}", method.to_uppercase())),
                "{case}"
            );
            assert!(page.contains(&format!("id=\"{id}\"")), "{case}");
        }
    }
    let expected = [
        "create_restaurant",
        "create_review",
        "get_restaurant",
        "get_review",
        "list_restaurants",
        "list_reviews",
    ];
    assert_eq!(ids.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert!(document["components"]["securitySchemes"].is_null());
    assert!(!page.contains("<script"));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_document_of_a_site_with_sign_in_says_what_requires_it() {
    for (required, open) in [("writes", true), ("all", false)] {
        let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", required)]).await;
        let browser = harness::sign_in::signed_in_browser(&site, "alice").await;
        let document = parse(&browser.get("/api/openapi.json").await);
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let is_open = operation["security"].is_null();
                assert_eq!(
                    is_open,
                    open && method == "get",
                    "{required} {method} {path}"
                );
                // An invalid token causes it also where no token is needed.
                assert!(operation["responses"]["401"].is_object());
            }
        }
        assert!(document["paths"]["/api/restaurants/{id}"]["put"].is_object());
        let new_review = &document["components"]["schemas"]["NewReview"];
        assert!(
            new_review["properties"]["user_name"].is_null(),
            "{new_review}"
        );
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(
            (&schemes["session"]["in"], &schemes["entra"]["scheme"]),
            (&"cookie".into(), &"bearer".into())
        );
    }
}
