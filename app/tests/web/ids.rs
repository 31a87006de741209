//! Ids in addresses: 1 to 2,147,483,647 without sign or leading zero, and nothing else.

use reqwest::{Method, StatusCode};

use harness::{Site, Store, on_both_databases};

/// What is no id, or no restaurant's.
const NO_IDS: [&str; 32] = [
    "0",
    "-1",
    "2",
    "2147483647",
    "2147483648",
    "4294967297",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551617",
    "999999999999999999999999999999",
    "01",
    "+1",
    "%2B1",
    "1.0",
    "1e0",
    "1e3",
    "0x1",
    "abc",
    "new1",
    "%31",
    "1%00",
    "%001",
    "1%0a",
    "1%20",
    "%201",
    "1;x",
    "1'",
    "%EF%BC%91",
    "%D9%A1",
    "%ff",
    "%",
    "%zz",
];

const REVIEW: [(&str, &str); 3] = [
    ("rating", "4"),
    ("user_name", "Noor"),
    ("review_text", "Good cake."),
];

async fn add_restaurant(site: &Site) {
    site.execute(
        "INSERT INTO restaurant (name, street_address, description) VALUES ('Zoë', 'Here', 'Cakes')",
    )
    .await;
}

on_both_databases! {
    async fn a_page_of_no_restaurant_is_not_found(site: Site) {
        add_restaurant(&site).await;
        let visitor = site.visitor();
        for id in NO_IDS {
            let page = visitor.get(&format!("/restaurants/{id}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}");
            assert!(page.body.contains("href=\"/\""), "{id}: a way on");
        }
        assert_eq!(visitor.get("/restaurants/1").await.status, StatusCode::OK);
    }

    async fn the_old_address_of_no_restaurant_leads_to_not_found(site: Site) {
        add_restaurant(&site).await;
        let visitor = site.visitor();
        for id in NO_IDS {
            let mut page = visitor.get(&format!("/details/{id}")).await;
            if page.status == StatusCode::PERMANENT_REDIRECT {
                page = visitor.get(page.location()).await;
            }
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}");
        }
        assert_eq!(visitor.get("/details/1").await.location(), "/restaurants/1");
    }

    async fn a_review_of_no_restaurant_is_not_found_and_not_written(site: Site) {
        add_restaurant(&site).await;
        for id in NO_IDS {
            for form in [format!("/restaurants/{id}/reviews"), format!("/review/{id}")] {
                let answer = site.visitor().post(&form, &REVIEW).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form}");
                let invalid = site.visitor().post(&form, &[]).await;
                assert_eq!(invalid.status, StatusCode::NOT_FOUND, "{form} without fields");
            }
        }
        assert_eq!(site.count("review").await, 0);
        assert_eq!(site.values("SELECT CAST(review_count AS bigint) AS value FROM restaurant").await, [0]);
    }

    async fn an_address_without_its_id_is_refused(site: Site) {
        let visitor = site.visitor();
        for path in ["/restaurants/", "/details/", "/details", "/restaurants//reviews"] {
            let status = visitor.get(path).await.status;
            assert!(matches!(status.as_u16(), 404 | 405), "{path}: {status}");
        }
        for path in ["/restaurants//reviews", "/review/", "/review"] {
            let status = visitor.post(path, &REVIEW).await.status;
            assert!(matches!(status.as_u16(), 404 | 405), "{path}: {status}");
        }
    }

    async fn a_restaurant_that_goes_away_while_a_review_is_written_is_not_found(site: Site) {
        add_restaurant(&site).await;
        let page = site.visitor().get("/restaurants/1").await;
        assert_eq!(page.status, StatusCode::OK);
        site.execute("DELETE FROM restaurant").await;
        let answer = site.visitor().post("/restaurants/1/reviews", &REVIEW).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }

    async fn an_address_with_a_blank_or_a_dot_behind_is_another_address(site: Site) {
        add_restaurant(&site).await;
        for path in ["/restaurants/1.", "/restaurants/1.html", "/restaurants/1/edit%00", "/Restaurants/1"] {
            let request = site.visitor().request(Method::GET, path);
            assert_eq!(site.visitor().send(request).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
