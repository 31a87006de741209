//! Views of the feature: what each template shows.

use serde::Serialize;
use time::PrimitiveDateTime;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;

use super::adopted::valid_rating;
use super::restaurant::{ListedRestaurant, RatedRestaurant};
use super::{restaurant, review};
use crate::current_user::CurrentUser;
use crate::form::FormView;
use crate::response::View;
use crate::text::is_invisible;

/// `GET /`.
#[derive(Serialize)]
pub(super) struct RestaurantListView {
    pub(super) restaurants: Vec<RestaurantEntry>,
    pub(super) query: String,
    pub(super) searching: bool,
    pub(super) sort: &'static str,
    pub(super) is_default_sort: bool,
    pub(super) sort_links: Vec<SortLink>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    /// How many matches were sorted, where more match.
    pub(super) capped: Option<usize>,
    #[serde(skip)]
    pub(super) notice: Option<&'static str>,
}

/// `GET /restaurants/new`.
#[derive(Serialize)]
pub(super) struct NewRestaurantView {
    pub(super) form: FormView,
}

/// `GET /restaurants/{id}/edit`.
#[derive(Serialize)]
pub(super) struct EditRestaurantView {
    pub(super) path: String,
    pub(super) form: FormView,
}

/// `GET /restaurants/{id}`.
#[derive(Serialize)]
pub(super) struct RestaurantView {
    pub(super) restaurant: RestaurantDetails,
    pub(super) reviews: Vec<ReviewEntry>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) form: FormView,
    pub(super) may_edit: bool,
    pub(super) may_write: bool,
    #[serde(skip)]
    pub(super) notice: Option<&'static str>,
}

impl View for RestaurantListView {
    const TEMPLATE: &'static str = "restaurants/list.html";

    fn title(&self) -> String {
        if self.searching {
            format!("“{}”", self.query)
        } else {
            "Restaurants".to_owned()
        }
    }

    fn notice(&self) -> Option<&'static str> {
        self.notice
    }
}

impl View for NewRestaurantView {
    const TEMPLATE: &'static str = "restaurants/new.html";

    fn title(&self) -> String {
        "Add a restaurant".to_owned()
    }
}

impl View for EditRestaurantView {
    const TEMPLATE: &'static str = "restaurants/edit.html";

    fn title(&self) -> String {
        "Edit a restaurant".to_owned()
    }
}

impl View for RestaurantView {
    const TEMPLATE: &'static str = "restaurants/show.html";

    fn title(&self) -> String {
        self.restaurant.name.clone()
    }

    fn notice(&self) -> Option<&'static str> {
        self.notice
    }
}

/// A link to the list in another order.
#[derive(Serialize)]
pub(super) struct SortLink {
    pub(super) label: &'static str,
    pub(super) path: String,
    pub(super) current: bool,
}

/// A restaurant in the list.
#[derive(Serialize)]
pub(super) struct RestaurantEntry {
    id: i32,
    name: String,
    street_address: String,
    description: String,
    rating: Option<String>,
    stars: i64,
    reviews: String,
}

impl From<ListedRestaurant> for RestaurantEntry {
    fn from(row: ListedRestaurant) -> Self {
        let score = Score::new(row.rating_sum, row.review_count);
        Self {
            id: row.id,
            name: name_or(row.name, NO_NAME),
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
    name: String,
    street_address: String,
    description: String,
    #[serde(flatten)]
    score: Score,
    /// From 5 stars to 1.
    distribution: Vec<RatingShare>,
}

impl From<&RatedRestaurant> for RestaurantDetails {
    fn from(row: &RatedRestaurant) -> Self {
        let counts = (1..).zip(row.rating_counts);
        let mut distribution: Vec<_> = counts
            .map(|(rating, count)| RatingShare {
                rating,
                count,
                percent: i64::from(count) * 100 / i64::from(row.review_count.max(1)),
            })
            .collect();
        distribution.reverse();
        Self {
            path: restaurant::path(row.id),
            name: name_or(row.name.clone(), NO_NAME),
            street_address: row.street_address.clone(),
            description: row.description.clone(),
            score: Score::new(row.rating_sum, row.review_count),
            distribution,
        }
    }
}

/// An average rating.
#[derive(Serialize)]
struct Score {
    /// With one decimal; `None` without a rating.
    rating: Option<String>,
    /// The filled part of five stars, in tenths of a star.
    stars: i64,
    /// The number of reviews, in words.
    reviews: String,
}

impl Score {
    fn new(sum: i32, count: i32) -> Self {
        if count <= 0 {
            return Self {
                rating: None,
                stars: 0,
                reviews: String::new(),
            };
        }
        let tenths = average_tenths(sum, count);
        Self {
            rating: Some(format!("{}.{}", tenths / 10, tenths % 10)),
            stars: tenths,
            reviews: format!("{count} review{}", if count == 1 { "" } else { "s" }),
        }
    }
}

/// `10 * sum / count` with halves rounded up. Integers, since 4.35 as a float is less than 4.35.
fn average_tenths(sum: i32, count: i32) -> i64 {
    let (sum, count) = (i64::from(sum), i64::from(count));
    (20 * sum + count) / (2 * count)
}

/// The number of reviews with one rating.
#[derive(Serialize)]
struct RatingShare {
    rating: i32,
    count: i32,
    percent: i64,
}

/// A review in the list of a restaurant.
#[derive(Serialize)]
pub(super) struct ReviewEntry {
    user_name: String,
    /// `None` for what is no rating from 1 to 5.
    rating: Option<i32>,
    review_text: String,
    date: String,
    datetime: String,
    /// For a visitor who may delete the review.
    delete_path: Option<String>,
}

impl ReviewEntry {
    pub(super) fn new(row: review::Model, user: Option<&CurrentUser>) -> Self {
        let may_delete = row.may_be_deleted_by(user);
        let datetime = row.review_date.assume_utc().format(&Iso8601::DEFAULT);
        Self {
            delete_path: may_delete.then(|| format!("/reviews/{}/delete", row.id)),
            rating: valid_rating(row.rating),
            date: format_date(row.review_date),
            datetime: datetime.unwrap_or_default(),
            user_name: name_or(row.user_name, NO_AUTHOR),
            review_text: row.review_text,
        }
    }
}

fn format_date(date: PrimitiveDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year]");
    date.format(&format).unwrap_or_default()
}

const NO_NAME: &str = "Unnamed restaurant";
const NO_AUTHOR: &str = "Unnamed reviewer";

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
