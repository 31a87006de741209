//! The counters of a restaurant's ratings.

/// Counters on `restaurant`, kept with each review: ratings from 1 to 5 only.
pub(super) const COUNTERS: [&str; 7] = [
    "review_count",
    "rating_sum",
    "rating_1_count",
    "rating_2_count",
    "rating_3_count",
    "rating_4_count",
    "rating_5_count",
];

/// Sets the counters of rows that were there before.
pub(super) const COUNT_REVIEWS: &str = "
    UPDATE restaurant SET
        review_count = total.review_count, rating_sum = total.rating_sum,
        rating_1_count = total.rating_1_count, rating_2_count = total.rating_2_count,
        rating_3_count = total.rating_3_count, rating_4_count = total.rating_4_count,
        rating_5_count = total.rating_5_count
    FROM (
        SELECT review.restaurant AS id, COUNT(*) AS review_count, SUM(rating) AS rating_sum,
            SUM(CASE rating WHEN 1 THEN 1 ELSE 0 END) AS rating_1_count,
            SUM(CASE rating WHEN 2 THEN 1 ELSE 0 END) AS rating_2_count,
            SUM(CASE rating WHEN 3 THEN 1 ELSE 0 END) AS rating_3_count,
            SUM(CASE rating WHEN 4 THEN 1 ELSE 0 END) AS rating_4_count,
            SUM(CASE rating WHEN 5 THEN 1 ELSE 0 END) AS rating_5_count
        FROM review WHERE rating BETWEEN 1 AND 5 GROUP BY review.restaurant
    ) AS total
    WHERE restaurant.id = total.id";
