//! The list of restaurants.

use serde::Serialize;

use super::{NO_NAME, or_instead, score::Score};
use crate::response::View;
use crate::restaurants::cursor::Sort;
use crate::restaurants::repository::RestaurantRow;
use crate::restaurants::restaurant;

/// `GET /`.
#[derive(Serialize)]
pub(in crate::restaurants) struct RestaurantList {
    pub restaurants: Vec<RestaurantEntry>,
    pub query: String,
    pub searching: bool,
    pub sort: &'static str,
    pub sorts: Vec<SortChoice>,
    pub first: Option<String>,
    pub next: Option<String>,
    /// The number of matches that were sorted, where there are more.
    pub capped: Option<usize>,
    #[serde(skip)]
    pub notice: Option<&'static str>,
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

    fn notice(&self) -> Option<&'static str> {
        self.notice
    }
}

/// A restaurant in a list.
#[derive(Serialize)]
pub(in crate::restaurants) struct RestaurantEntry {
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
            name: or_instead(row.name, NO_NAME),
            street_address: row.street_address,
            description: row.description,
        }
    }
}

/// One of the orders, as a link.
#[derive(Serialize)]
pub(in crate::restaurants) struct SortChoice {
    pub value: &'static str,
    pub label: &'static str,
    pub path: String,
    pub current: bool,
}

impl Sort {
    pub(in crate::restaurants) fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest",
            Self::Rating => "Rating",
            Self::Name => "Name",
        }
    }
}
