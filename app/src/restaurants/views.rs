//! Parts of the feature's pages: restaurants, ratings and reviews as they are shown.

use serde::Serialize;
use time::PrimitiveDateTime;
use time::format_description::well_known::Rfc3339;

use super::addresses::{DetailsQuery, REVIEWS};
use super::adopted::valid_rating;
use super::restaurant::{ListedRestaurant, RatedRestaurant};
use super::{restaurant, review};
use crate::current_user::CurrentUser;
use crate::pagination::Position;
use crate::search::MatchCount;
use crate::text::is_invisible;

/// A restaurant in the list.
#[derive(Serialize)]
pub(super) struct RestaurantEntry {
    id: i32,
    name: String,
    street_address: String,
    description: String,
    rating: Option<String>,
    stars: i32,
    reviews: String,
}

impl From<ListedRestaurant> for RestaurantEntry {
    fn from(row: ListedRestaurant) -> Self {
        let score = Score::new(row.rating_sum, row.review_count);
        Self {
            id: row.id,
            name: name_or_placeholder(row.name),
            street_address: row.street_address,
            description: row.description,
            rating: score.rating,
            stars: score.stars,
            reviews: score.reviews,
        }
    }
}

/// A restaurant on its own page.
#[derive(Serialize)]
pub(super) struct RestaurantDetails {
    path: String,
    pub(super) name: String,
    pub(super) street_address: String,
    pub(super) description: String,
    #[serde(flatten)]
    pub(super) score: Score,
    #[serde(skip)]
    pub(super) review_count: i32,
    /// From 5 stars to 1.
    distribution: Vec<RatingShare>,
}

impl RestaurantDetails {
    /// The links of the distribution keep the way back to the list, which `query` has.
    pub(super) fn new(row: &RatedRestaurant, query: &DetailsQuery) -> Self {
        let counts = (1..).zip(row.rating_counts);
        let mut distribution: Vec<_> = counts
            .map(|(rating, count)| RatingShare {
                rating,
                count,
                percent: i64::from(count) * 100 / i64::from(row.review_count.max(1)),
                path: (count > 0).then(|| {
                    let reviews = query.at(Some(rating), &Position::First);
                    reviews.address(row.id) + REVIEWS
                }),
            })
            .collect();
        distribution.reverse();
        Self {
            path: restaurant::path(row.id),
            name: name_or_placeholder(row.name.clone()),
            street_address: row.street_address.clone(),
            description: row.description.clone(),
            score: Score::new(row.rating_sum, row.review_count),
            review_count: row.review_count,
            distribution,
        }
    }
}

/// An average rating.
#[derive(Serialize)]
pub(super) struct Score {
    /// With one decimal; `None` without a rating.
    pub(super) rating: Option<String>,
    /// The filled part of five stars, in tenths of a star.
    stars: i32,
    /// The number of reviews, in words.
    reviews: String,
}

impl Score {
    fn new(sum: i32, count: i32) -> Self {
        let Some(tenths) = average_in_tenths(sum, count) else {
            return Self {
                rating: None,
                stars: 0,
                reviews: String::new(),
            };
        };
        Self {
            rating: Some((tenths / 10).to_string() + "." + &(tenths % 10).to_string()),
            stars: tenths,
            reviews: count.to_string() + if count == 1 { " review" } else { " reviews" },
        }
    }
}

/// The average in tenths, `10 * sum / count`, with halves rounded up; `None` without a rating. Integers, since 4.35 as
/// a float is less than 4.35.
pub(super) fn average_in_tenths(sum: i32, count: i32) -> Option<i32> {
    if count <= 0 {
        return None;
    }
    let (sum, count) = (i64::from(sum), i64::from(count));
    i32::try_from((20 * sum + count) / (2 * count)).ok()
}

/// The number of reviews with one rating.
#[derive(Serialize)]
struct RatingShare {
    rating: i32,
    count: i32,
    percent: i64,
    /// The reviews with this rating.
    path: Option<String>,
}

/// A review in the list of a restaurant.
#[derive(Serialize)]
pub(super) struct ReviewEntry {
    id: i32,
    pub(super) user_name: String,
    /// `None` for what is no rating from 1 to 5.
    pub(super) rating: Option<i32>,
    pub(super) review_text: String,
    date: String,
    pub(super) datetime: String,
    /// For a visitor who may delete the review.
    actions: Option<ReviewActions>,
}

/// Links below a review.
#[derive(Serialize)]
struct ReviewActions {
    /// For the author.
    edit: Option<String>,
    delete: String,
}

impl ReviewEntry {
    pub(super) fn new(row: review::Model, user: Option<&CurrentUser>) -> Self {
        let actions = || ReviewActions {
            edit: row.is_by(user).then(|| format!("/reviews/{}/edit", row.id)),
            delete: format!("/reviews/{}/delete", row.id),
        };
        Self {
            id: row.id,
            actions: row.may_be_deleted_by(user).then(actions),
            rating: valid_rating(row.rating),
            date: format_date(row.review_date),
            datetime: format_timestamp(row.review_date),
            user_name: author_or_placeholder(row.user_name),
            review_text: row.review_text,
        }
    }
}

/// How many restaurants a search has found, in words; `None` if there is none.
pub(super) fn describe_matches(count: MatchCount) -> Option<String> {
    match count {
        MatchCount::Exactly(0) => None,
        MatchCount::Exactly(1) => Some("1 restaurant matches".to_owned()),
        MatchCount::Exactly(count) => Some(format!("{} restaurants match", group_thousands(count))),
        MatchCount::MoreThan(limit) => Some(format!(
            "More than {} restaurants match",
            group_thousands(limit)
        )),
    }
}

/// A number with commas: 1,000.
pub(super) fn group_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A date in words, as in 1 May 2024.
fn format_date(date: PrimitiveDateTime) -> String {
    format!("{} {} {:04}", date.day(), date.month(), date.year())
}

/// A time in UTC to the second (RFC 3339).
fn format_timestamp(time: PrimitiveDateTime) -> String {
    let time = time.truncate_to_second().assume_utc();
    time.format(&Rfc3339).unwrap_or_default()
}

const NO_NAME: &str = "Unnamed restaurant";
const NO_AUTHOR: &str = "Unnamed reviewer";

pub(super) fn name_or_placeholder(name: String) -> String {
    name_or(name, NO_NAME)
}

pub(super) fn author_or_placeholder(name: String) -> String {
    name_or(name, NO_AUTHOR)
}

/// The name, unless it is invisible: a link and a heading must not be empty.
fn name_or(name: String, replacement: &str) -> String {
    if is_invisible(&name) {
        return replacement.to_owned();
    }
    name
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_average_has_one_decimal_and_halves_are_rounded_up() {
        for (sum, count, shown, stars) in
            [(17, 4, "4.3", 43), (87, 20, "4.4", 44), (10, 3, "3.3", 33)]
        {
            let score = Score::new(sum, count);
            assert_eq!((score.rating.as_deref(), score.stars), (Some(shown), stars));
        }
        assert_eq!(Score::new(0, 0).rating, None);
    }

    #[test]
    fn matches_are_counted_in_words() {
        for (count, words) in [
            (MatchCount::Exactly(0), None),
            (MatchCount::Exactly(1), Some("1 restaurant matches")),
            (MatchCount::Exactly(12), Some("12 restaurants match")),
            (
                MatchCount::MoreThan(100_000),
                Some("More than 100,000 restaurants match"),
            ),
            (
                MatchCount::MoreThan(1000),
                Some("More than 1,000 restaurants match"),
            ),
        ] {
            assert_eq!(describe_matches(count).as_deref(), words);
        }
    }

    #[test]
    fn a_rating_that_is_not_from_1_to_5_is_not_shown() {
        let row = review::Model {
            id: 9,
            restaurant: 7,
            user_name: "Noor".to_owned(),
            rating: 0,
            review_text: "Fine".to_owned(),
            review_date: datetime!(2024-05-01 10:00),
            author_key: None,
            submission_key: None,
        };
        for (rating, shown) in [(0, None), (9, None), (-1, None), (4, Some(4))] {
            let row = review::Model {
                rating,
                ..row.clone()
            };
            assert_eq!(ReviewEntry::new(row, None).rating, shown);
        }
    }
}
