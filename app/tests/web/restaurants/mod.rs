//! The restaurants: behaviour, adoption of existing databases, search, pages.

mod accounts;
mod adopted_dates;
mod adopted_ids;
mod adoption;
mod api;
mod browser;
mod confirmations;
mod counters;
mod feature;
mod forms;
mod lists;
mod schema_changes;
mod support;
mod plans;
#[cfg(feature = "sample-data")]
mod sample_data;
mod search;
mod search_engines;
mod search_limit;
mod search_scripts;
mod submissions;

pub(crate) use self::feature::FEATURE;

use reqwest::StatusCode;

use harness::{Site, on_both_databases};

on_both_databases! {
    async fn a_visitor_adds_a_restaurant_and_reviews_it(site: Site) {
        let visitor = site.visitor();
        let form = [("restaurant_name", "Café Zoë"), ("street_address", "1 High Street"), ("description", "Cakes")];
        let added = visitor.post("/restaurants", &form).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER);
        assert_eq!(added.location(), "/restaurants/1");

        let review = [("user_name", "Noor"), ("rating", "4"), ("review_text", "Good cake.")];
        let reviewed = visitor.post("/restaurants/1/reviews", &review).await;
        assert_eq!(reviewed.status, StatusCode::SEE_OTHER);
        assert_eq!(reviewed.location(), "/restaurants/1?review=1#review-1");

        let page = visitor.get("/restaurants/1").await;
        assert_eq!(page.status, StatusCode::OK);
        for text in ["Café Zoë", "1 High Street", "Cakes", "Noor", "Good cake.", "4.0"] {
            assert!(page.body.contains(text), "{text} is missing in {}", page.body);
        }
    }
}
