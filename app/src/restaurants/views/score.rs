//! An average as the pages show it.

use serde::Serialize;

/// An average rating, in figures and as the part of five stars.
#[derive(Serialize)]
pub(super) struct Score {
    /// One decimal; `None` without a rating.
    rating: Option<String>,
    /// 0 to 100.
    stars: i64,
    review_count: i32,
}

impl Score {
    pub(super) fn new(sum: i32, count: i32) -> Self {
        let tenths = (count > 0).then(|| rounded_share(sum, count, 10));
        Self {
            rating: tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
            stars: tenths.map_or(0, |_| rounded_share(sum, count, 20)),
            review_count: count,
        }
    }
}

/// `factor * sum / count`, a half rounded up: in binary fractions 4.35 would be less than it is.
fn rounded_share(sum: i32, count: i32, factor: i64) -> i64 {
    let (sum, count) = (i64::from(sum), i64::from(count));
    (2 * factor * sum + count) / (2 * count)
}
