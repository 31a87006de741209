//! Forms submitted twice are one row.

use reqwest::StatusCode;

use super::support::{add_named, miscounted, review_counts};
use harness::{Response, Site, Visitor, on_both_databases};

on_both_databases! {
    async fn the_same_restaurant_sent_twice_is_one_row(site: Site) {
        let visitor = site.visitor();
        let responses = twice_at_once_and_later(&visitor, "/restaurants", &restaurant("key", "Twins")).await;
        // Either of the first two may insert the row; each has taken an id from the sequence.
        let second = responses[0].location().ends_with('2');
        assert_same_redirect(&responses, if second { "/restaurants/2" } else { "/restaurants/1" });
        assert_eq!(site.count("restaurant").await, 1);
    }

    async fn the_same_review_sent_twice_is_one_row_and_counts_once(site: Site) {
        add_named(&site, &["A"]).await;
        let visitor = site.visitor();
        for path in ["/restaurants/1/reviews", "/review/1"] {
            let responses = twice_at_once_and_later(&visitor, path, &review("key", "Fine")).await;
            assert_same_redirect(&responses, &review_path(responses[0].location()));
        }
        assert_eq!(site.count("review").await, 1);
        assert_eq!(review_counts(&site).await, [1]);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }

    async fn another_text_with_the_same_key_is_another_row(site: Site) {
        let visitor = site.visitor();
        for name in ["One", "Two"] {
            let response = visitor.post("/restaurants", &restaurant("key", name)).await;
            assert_eq!(response.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(site.count("restaurant").await, 2);
        for (restaurant, text) in [(1, "One"), (1, "Two"), (2, "One")] {
            visitor.post(&format!("/restaurants/{restaurant}/reviews"), &review("key", text)).await;
        }
        assert_eq!(site.count("review").await, 3);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }

    async fn a_form_is_repeated_after_its_row_has_been_changed(site: Site) {
        let visitor = site.visitor();
        for (path, table, form, change) in [
            ("/restaurants", "restaurant", restaurant("key", "Twins"), "UPDATE restaurant SET name = 'Changed'"),
            ("/restaurants/1/reviews", "review", review("key", "Fine"), "UPDATE review SET review_text = 'Changed'"),
        ] {
            let first = visitor.post(path, &form).await;
            site.execute(change).await;
            let second = visitor.post(path, &form).await;
            assert_eq!((second.status, second.location()), (first.status, first.location()));
            assert_eq!(site.count(table).await, 1);
        }
    }

    async fn a_form_without_a_key_is_a_row_each_time(site: Site) {
        let visitor = site.visitor();
        for _ in 0..2 {
            visitor.post("/add", &restaurant("", "Same")[..3]).await;
            visitor.post("/restaurants", &restaurant("", "Same")).await;
        }
        assert_eq!(site.count("restaurant").await, 4);
        for _ in 0..2 {
            visitor.post("/review/1", &review("", "Same")[..3]).await;
            visitor.post("/review/1", &review("", "Same")).await;
        }
        assert_eq!(site.count("review").await, 4);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }

    async fn each_form_has_its_own_key(site: Site) {
        add_named(&site, &["A"]).await;
        let visitor = site.visitor();
        for path in ["/restaurants/new", "/restaurants/1"] {
            let (one, other) = (visitor.get(path).await, visitor.get(path).await);
            assert_eq!(key(&one).len(), 32);
            assert_ne!(key(&one), key(&other), "{path}");
        }
    }
}

fn restaurant<'a>(key: &'a str, name: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("restaurant_name", name),
        ("street_address", "Street"),
        ("description", "Food"),
        ("submission_key", key),
    ]
}

fn review<'a>(key: &'a str, text: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("user_name", "Noor"),
        ("rating", "4"),
        ("review_text", text),
        ("submission_key", key),
    ]
}

async fn twice_at_once_and_later(
    visitor: &Visitor,
    path: &str,
    form: &[(&str, &str)],
) -> [Response; 3] {
    let (one, other) = tokio::join!(visitor.post(path, form), visitor.post(path, form));
    [one, other, visitor.post(path, form).await]
}

/// The address of the review that one of two requests has inserted.
fn review_path(location: &str) -> String {
    let id = if location.ends_with('2') { 2 } else { 1 };
    format!("/restaurants/1?review={id}#review-{id}")
}

fn assert_same_redirect(responses: &[Response], location: &str) {
    for response in responses {
        assert_eq!(response.status, StatusCode::SEE_OTHER);
        assert_eq!(response.location(), location);
    }
}

fn key(page: &Response) -> &str {
    let (_, rest) = page
        .body
        .split_once("name=\"submission_key\" value=\"")
        .expect("a key");
    rest.split('"').next().expect("its end")
}
