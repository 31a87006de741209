//! An average as the pages show it.

use serde::Serialize;

/// An average rating, in figures and as the part of five stars.
#[derive(Serialize)]
pub(super) struct Score {
    /// One decimal; `None` without a rating.
    rating: Option<String>,
    /// 0 to 100.
    stars: i32,
    review_count: i32,
}

impl Score {
    pub(super) fn new(sum: i32, count: i32) -> Self {
        let average = (count > 0).then(|| f64::from(sum) / f64::from(count));
        Self {
            rating: average.map(|average| format!("{average:.1}")),
            stars: if count > 0 {
                (sum * 20 + count / 2) / count
            } else {
                0
            },
            review_count: count,
        }
    }
}
