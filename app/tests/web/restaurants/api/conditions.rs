//! Entity tags and preconditions, and the edit page that compares the same versions.

use harness::sign_in::{Browser, SignInSite, signed_in_browser};
use harness::{Response, Site, on_both_databases};
use reqwest::Method;
use serde_json::json;

use super::{RESTAURANTS, parse, post, restaurant};

const ROW: &str = "/api/restaurants/1";

on_both_databases! {
    async fn a_read_with_the_current_tag_is_304_until_the_resource_changes(site: Site) {
        let visitor = site.visitor();
        post(&visitor, RESTAURANTS, &restaurant("Alma")).await;
        for path in [ROW, RESTAURANTS, "/api/restaurants/1/reviews"] {
            let tag = visitor.get(path).await.header("etag").to_owned();
            let get = |tag: &str| visitor.send(visitor.request(Method::GET, path).header("if-none-match", tag));
            let same = get(&tag).await;
            assert_eq!((same.status.as_u16(), same.body.as_str()), (304, ""), "{path}");
            assert_eq!(same.header("etag"), tag, "{path}");
            assert_eq!(get("\"other\", *").await.status, 304, "{path}");
            assert_eq!(get("\"other\"").await.status, 200, "{path}");
            let review = json!({ "rating": 5, "user_name": "Noor", "review_text": path });
            post(&visitor, "/api/restaurants/1/reviews", &review).await;
            assert_eq!(get(&tag).await.status, 200, "{path}");
        }
    }
}

async fn put(browser: &Browser, tag: Option<&str>, name: &str) -> Response {
    let request = browser.request(Method::PUT, ROW).json(&restaurant(name));
    let request = match tag {
        Some(tag) => request.header("if-match", tag),
        None => request,
    };
    browser.send(request).await
}

async fn site_with_restaurant() -> (SignInSite, Browser) {
    let site = SignInSite::start().await;
    let admin = signed_in_browser(&site, "carol").await;
    let request = admin.request(Method::POST, RESTAURANTS);
    let added = admin.send(request.json(&restaurant("Alma"))).await;
    assert_eq!(added.status, 201, "{}", added.body);
    (site, admin)
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_restaurant_is_replaced_only_in_the_version_that_was_read() {
    let (site, admin) = site_with_restaurant().await;
    let tag = admin.get(ROW).await.header("etag").to_owned();
    for (tag, status) in [
        (None, 428),
        (Some("\"other.0\""), 412),
        (Some("other"), 422),
    ] {
        assert_eq!(put(&admin, tag, "Bistro").await.status, status, "{tag:?}");
    }
    let weak = format!("W/{tag}");
    assert_eq!(put(&admin, Some(&weak), "Bistro").await.status, 412);
    site.execute(
        "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
         VALUES (1, 'Noor', 4, 'Good', '2026-01-01 00:00:00')",
    )
    .await;
    let replaced = put(&admin, Some(&tag), "Bistro").await;
    assert_eq!(
        replaced.status, 200,
        "a review in between is no conflict: {}",
        replaced.body
    );
    assert_eq!(parse(&replaced)["restaurant_name"], "Bistro");
    assert_eq!(put(&admin, Some(&tag), "Canteen").await.status, 412);
    let delete = |tag: &str| admin.send(admin.request(Method::DELETE, ROW).header("if-match", tag));
    assert_eq!(
        admin.send(admin.request(Method::DELETE, ROW)).await.status,
        428
    );
    assert_eq!(delete(&tag).await.status, 412);
    let current = replaced.header("etag").to_owned();
    let deleted = delete(&current).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    assert_eq!(delete("*").await.status, 404);
    assert_eq!(put(&admin, Some("*"), "Bistro").await.status, 404);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn of_many_concurrent_replacements_of_one_version_one_succeeds() {
    let (_site, admin) = site_with_restaurant().await;
    let tag = admin.get(ROW).await.header("etag").to_owned();
    let writers = (0..8).map(|number| {
        let (admin, tag) = (admin.clone(), tag.clone());
        tokio::spawn(async move {
            put(&admin, Some(&tag), &format!("Bistro {number}"))
                .await
                .status
        })
    });
    let mut statuses = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        statuses.push(writer.await.expect("a status").as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_administrator_sees_what_another_has_saved_meanwhile() {
    let (_site, admin) = site_with_restaurant().await;
    let page = admin.get("/restaurants/1/edit").await.body;
    let version_in = |page: &str| {
        let from = page.find("name=\"version\" value=\"").expect("a version");
        page[from..].split('"').nth(3).expect("a value").to_owned()
    };
    let version = version_in(&page);
    assert_eq!(put(&admin, Some("*"), "Bistro").await.status, 200);
    let form = |version: &str| {
        [
            ("restaurant_name", "Canteen".to_owned()),
            ("street_address", "2 Low Street".to_owned()),
            ("description", "Soups".to_owned()),
            ("version", version.to_owned()),
        ]
    };
    let save = |version: String| {
        let request = admin.request(Method::POST, "/restaurants/1/edit");
        admin.send(request.form(&form(&version)))
    };
    let conflict = save(version).await;
    assert_eq!(conflict.status, 409);
    for text in ["Bistro", "value=\"Canteen\"", "2 Low Street", "Soups"] {
        assert!(conflict.body.contains(text), "{text} in {}", conflict.body);
    }
    assert_eq!(parse(&admin.get(ROW).await)["restaurant_name"], "Bistro");
    let saved = save(version_in(&conflict.body)).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(parse(&admin.get(ROW).await)["restaurant_name"], "Canteen");
}
