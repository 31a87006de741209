//! What the templates show: one struct for each page.

use serde::Serialize;
use time::PrimitiveDateTime;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;

use super::cursor::Sort;
use super::forms::{RestaurantForm, ReviewForm};
use super::repository::RestaurantRow;
use super::{restaurant, review};
use crate::extract::FieldErrors;
use crate::page::View;

/// `GET /`.
#[derive(Serialize)]
pub(super) struct RestaurantList {
    pub restaurants: Vec<RestaurantEntry>,
    pub query: String,
    pub searching: bool,
    pub sort: &'static str,
    pub sorts: Vec<SortChoice>,
    pub first: Option<String>,
    pub next: Option<String>,
    /// The number of matches that were sorted, where there are more.
    pub capped: Option<u64>,
}

impl View for RestaurantList {
    const TEMPLATE: &'static str = "restaurants/list.html";

    fn title(&self) -> String {
        if self.searching {
            format!("“{}”", self.query)
        } else {
            "Restaurants".to_owned()
        }
    }
}

/// A restaurant in a list.
#[derive(Serialize)]
pub(super) struct RestaurantEntry {
    path: String,
    name: String,
    street_address: String,
    description: String,
    #[serde(flatten)]
    score: Score,
}

impl From<RestaurantRow> for RestaurantEntry {
    fn from(row: RestaurantRow) -> Self {
        Self {
            path: restaurant::path(row.id),
            score: Score::new(row.rating_sum, row.review_count),
            name: row.name,
            street_address: row.street_address,
            description: row.description,
        }
    }
}

/// One of the orders, as a link.
#[derive(Serialize)]
pub(super) struct SortChoice {
    pub value: &'static str,
    pub label: &'static str,
    pub path: String,
    pub current: bool,
}

impl Sort {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest",
            Self::Rating => "Rating",
            Self::Name => "Name",
        }
    }
}

/// An average rating, in figures and as the part of five stars.
#[derive(Serialize)]
struct Score {
    /// One decimal; `None` without a rating.
    rating: Option<String>,
    /// 0 to 100.
    stars: i32,
    review_count: i32,
}

impl Score {
    fn new(sum: i32, count: i32) -> Self {
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

/// `GET /restaurants/new`, and its form when something is wrong with it.
#[derive(Serialize)]
pub(super) struct NewRestaurantPage {
    pub form: RestaurantForm,
    pub has_errors: bool,
    pub errors: FieldErrors,
}

impl View for NewRestaurantPage {
    const TEMPLATE: &'static str = "restaurants/new.html";

    fn title(&self) -> String {
        "Add a restaurant".to_owned()
    }
}

/// `GET /restaurants/{id}`, and its form when something is wrong with it.
#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of the template"
)]
pub(super) struct RestaurantPage {
    pub restaurant: RestaurantDetails,
    pub reviews: Vec<ReviewEntry>,
    pub first: Option<String>,
    pub next: Option<String>,
    pub form: ReviewForm,
    pub has_errors: bool,
    pub errors: FieldErrors,
    /// Whether the form asks for the reviewer's name.
    pub name_offered: bool,
    pub may_edit: bool,
    pub may_write: bool,
    pub sign_in_path: String,
    #[serde(skip)]
    pub notice: Option<&'static str>,
}

impl View for RestaurantPage {
    const TEMPLATE: &'static str = "restaurants/show.html";

    fn title(&self) -> String {
        self.restaurant.name.clone()
    }

    fn notice(&self) -> Option<&'static str> {
        self.notice
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
    distribution: Vec<RatingShare>,
}

impl From<&restaurant::Model> for RestaurantDetails {
    fn from(row: &restaurant::Model) -> Self {
        let shares = (1..).zip(row.rating_counts());
        let mut distribution: Vec<_> = shares
            .map(|(rating, count)| RatingShare::new(rating, count, row.review_count))
            .collect();
        distribution.reverse();
        Self {
            path: restaurant::path(row.id),
            name: row.name.clone(),
            street_address: row.street_address.clone(),
            description: row.description.clone(),
            score: Score::new(row.rating_sum, row.review_count),
            distribution,
        }
    }
}

/// How many reviews gave one rating.
#[derive(Serialize)]
struct RatingShare {
    rating: i32,
    count: i32,
    percent: i64,
}

impl RatingShare {
    fn new(rating: i32, count: i32, total: i32) -> Self {
        let percent = i64::from(count) * 100 / i64::from(total.max(1));
        Self {
            rating,
            count,
            percent,
        }
    }
}

/// A review in its list.
#[derive(Serialize)]
pub(super) struct ReviewEntry {
    user_name: String,
    /// `None` for what the Python sample let in and is no rating.
    rating: Option<i32>,
    review_text: String,
    date: String,
    datetime: String,
}

impl From<review::Model> for ReviewEntry {
    fn from(row: review::Model) -> Self {
        Self {
            rating: row.rating.filter(|rating| (1..=5).contains(rating)),
            date: format_date(row.review_date),
            datetime: row
                .review_date
                .assume_utc()
                .format(&Iso8601::DEFAULT)
                .unwrap_or_default(),
            user_name: row.user_name,
            review_text: row.review_text,
        }
    }
}

fn format_date(date: PrimitiveDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year]");
    date.format(&format).unwrap_or_default()
}
