//! A restaurant and its reviews as structured data for search engines: <https://schema.org/Restaurant>.

use serde_json::{Value, json};

use super::views::{RestaurantDetails, ReviewEntry};

/// Reviews in the structured data; the page itself has them all.
const REVIEW_LIMIT: usize = 5;

/// The restaurant with its average rating and its newest reviews.
pub(super) fn restaurant(restaurant: &RestaurantDetails, reviews: &[ReviewEntry]) -> Value {
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "Restaurant",
        "name": restaurant.name,
        "address": restaurant.street_address,
        "description": restaurant.description,
    });
    if let Some(rating) = &restaurant.score.rating {
        data["aggregateRating"] = json!({
            "@type": "AggregateRating",
            "ratingValue": rating,
            "reviewCount": restaurant.review_count,
        });
    }
    // A review without a rating is not valid there.
    let rated = reviews.iter().filter_map(review).take(REVIEW_LIMIT);
    let rated: Vec<Value> = rated.collect();
    if !rated.is_empty() {
        data["review"] = rated.into();
    }
    data
}

fn review(review: &ReviewEntry) -> Option<Value> {
    let rating = review.rating?;
    Some(json!({
        "@type": "Review",
        "author": { "@type": "Person", "name": review.user_name },
        "datePublished": review.datetime,
        "reviewRating": { "@type": "Rating", "ratingValue": rating },
        "reviewBody": review.review_text,
    }))
}
