//! Forms of restaurants and reviews, as far as the general tests do not cover them: ratings, and deleted restaurants.

use harness::{Site, on_both_databases};
use reqwest::StatusCode;

use super::FEATURE;
use super::support::{miscounted, review_counts};
use crate::form_validation::{add_row, assert_accepted, assert_rejected};
use crate::ids::NOT_FOUND_IDS;

on_both_databases! {
    async fn a_rating_is_a_whole_number_from_1_to_5(site: Site) {
        add_row(&site).await;
        let form = &FEATURE.forms[1];
        for rating in [
            "0", "6", "-1", "+4", "04", "4.0", "4.5", "4,5", "five", " 5 ", "5 ", "٥", "５", "1e0", "1e9", "0x4", "1_0",
            "100000000000000000000", "99999999999999999999", "NaN", "null", "true", "4\0", "4;5",
        ] {
            assert_rejected(&site, form, "rating", Some(rating)).await;
        }
        for rating in ["1", "2", "3", "4", "5"] {
            assert_accepted(&site, form, "rating", rating).await;
        }
        assert_eq!(site.values("SELECT CAST(rating_sum AS bigint) AS value FROM restaurant_rating").await, [15]);
    }

    async fn a_review_of_an_unknown_restaurant_changes_no_counter(site: Site) {
        add_row(&site).await;
        for id in NOT_FOUND_IDS {
            let response = site.visitor().post(&format!("/restaurants/{id}/reviews"), &FEATURE.forms[1].valid()).await;
            assert_eq!(response.status, StatusCode::NOT_FOUND, "{id}");
        }
        assert_eq!(review_counts(&site).await, [0]);
        assert_eq!(miscounted(&site).await, [0_i64; 0]);
    }

    async fn a_review_of_a_restaurant_deleted_meanwhile_is_not_found(site: Site) {
        add_row(&site).await;
        assert_eq!(site.visitor().get("/restaurants/1").await.status, StatusCode::OK);
        site.execute("DELETE FROM restaurant").await;
        let response = site.visitor().post("/restaurants/1/reviews", &FEATURE.forms[1].valid()).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND);
    }
}
