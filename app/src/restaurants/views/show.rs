//! A restaurant with its reviews and the form of a new one.

use serde::Serialize;
use time::PrimitiveDateTime;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;

use super::{NO_AUTHOR, NO_NAME, or_instead, score::Score};
use crate::current_user::CurrentUser;
use crate::extract::FieldErrors;
use crate::response::View;
use crate::restaurants::forms::ReviewForm;
use crate::restaurants::{restaurant, review};

/// `GET /restaurants/{id}`, and its form when something is wrong with it.
#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of the template"
)]
pub(in crate::restaurants) struct RestaurantPage {
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
pub(in crate::restaurants) struct RestaurantDetails {
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
            name: or_instead(row.name.clone(), NO_NAME),
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
pub(in crate::restaurants) struct ReviewEntry {
    user_name: String,
    /// `None` for what the Python sample let in and is no rating.
    rating: Option<i32>,
    review_text: String,
    date: String,
    datetime: String,
    /// For whoever may delete it.
    delete_path: Option<String>,
}

impl ReviewEntry {
    pub(in crate::restaurants) fn new(row: review::Model, user: Option<&CurrentUser>) -> Self {
        Self {
            delete_path: row
                .may_be_deleted_by(user)
                .then(|| format!("/reviews/{}/delete", row.id)),
            rating: row.rating.filter(|rating| (1..=5).contains(rating)),
            date: format_date(row.review_date),
            datetime: row
                .review_date
                .assume_utc()
                .format(&Iso8601::DEFAULT)
                .unwrap_or_default(),
            user_name: or_instead(row.user_name, NO_AUTHOR),
            review_text: row.review_text,
        }
    }
}

fn format_date(date: PrimitiveDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year]");
    date.format(&format).unwrap_or_default()
}
