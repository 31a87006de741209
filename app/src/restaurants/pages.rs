//! The pages of the feature: what each template shows.

use serde::Serialize;
use serde_json::Value;

use super::restaurant::RatedRestaurant;
use super::structured_data;
use super::views::{RestaurantDetails, RestaurantEntry, ReviewEntry};
use crate::form::FormView;
use crate::response::{Pager, View};

/// `GET /`.
#[derive(Serialize)]
pub(super) struct RestaurantListView {
    pub(super) restaurants: Vec<RestaurantEntry>,
    /// Query string for links to a restaurant, so that its page can link back to this list.
    pub(super) link_suffix: String,
    pub(super) query: String,
    pub(super) searching: bool,
    pub(super) sort: &'static str,
    pub(super) is_default_sort: bool,
    pub(super) sort_links: Vec<SortLink>,
    pub(super) pager: Pager,
    /// How many restaurants match, in words.
    pub(super) matches: Option<String>,
    /// How many matches were sorted, where more match.
    pub(super) capped: Option<String>,
    #[serde(skip)]
    pub(super) canonical: Option<String>,
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
    /// The version that the form replaces.
    pub(super) version: String,
    pub(super) form: FormView,
    /// What another administrator has saved since the form was opened.
    pub(super) stored: Option<StoredTexts>,
}

/// The texts of a restaurant as they are stored.
#[derive(Serialize)]
pub(super) struct StoredTexts {
    pub(super) name: String,
    pub(super) street_address: String,
    pub(super) description: String,
}

impl From<RatedRestaurant> for StoredTexts {
    fn from(row: RatedRestaurant) -> Self {
        Self {
            name: row.name,
            street_address: row.street_address,
            description: row.description,
        }
    }
}

/// `GET /restaurants/{id}`.
#[derive(Serialize)]
pub(super) struct RestaurantView {
    pub(super) restaurant: RestaurantDetails,
    pub(super) reviews: Vec<ReviewEntry>,
    /// The heading of the reviews.
    pub(super) reviews_title: String,
    /// Where all reviews are, if only those with one rating are shown.
    pub(super) all_reviews: Option<String>,
    pub(super) pager: Pager,
    /// The list that the visitor came from.
    pub(super) back: BackLink,
    pub(super) form: FormView,
    /// The user's own review, in place of an empty form.
    pub(super) own_review: Option<ReviewEntry>,
    pub(super) may_edit: bool,
    pub(super) may_write: bool,
    #[serde(skip)]
    pub(super) canonical: Option<String>,
}

/// `GET /reviews/{id}/edit`.
#[derive(Serialize)]
pub(super) struct EditReviewView {
    pub(super) action: String,
    pub(super) cancel: String,
    pub(super) restaurant: String,
    pub(super) form: FormView,
}

impl View for RestaurantListView {
    const TEMPLATE: &'static str = "restaurants/list.html";

    fn title(&self) -> String {
        let title = if self.searching {
            format!("“{}”", self.query)
        } else {
            "Restaurants".to_owned()
        };
        continued(title, &self.pager)
    }

    fn canonical_path(&self) -> Option<String> {
        self.canonical.clone()
    }

    fn description(&self) -> Option<&str> {
        Some("Restaurants, rated and reviewed by the people who ate there.")
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
        "Edit restaurant".to_owned()
    }
}

impl View for RestaurantView {
    const TEMPLATE: &'static str = "restaurants/show.html";

    fn title(&self) -> String {
        let name = &self.restaurant.name;
        if self.pager.first.is_some() || self.all_reviews.is_some() {
            return format!("{}: {name}", self.reviews_title);
        }
        name.clone()
    }

    fn canonical_path(&self) -> Option<String> {
        self.canonical.clone()
    }

    fn description(&self) -> Option<&str> {
        Some(&self.restaurant.description)
    }

    fn structured_data(&self) -> Option<Value> {
        let is_first = self.pager.first.is_none() && self.all_reviews.is_none();
        is_first.then(|| structured_data::restaurant(&self.restaurant, &self.reviews))
    }
}

impl View for EditReviewView {
    const TEMPLATE: &'static str = "restaurants/edit_review.html";

    fn title(&self) -> String {
        "Edit your review".to_owned()
    }
}

/// Says in a title that the page is not the first one of its list.
pub(super) fn continued(title: String, pager: &Pager) -> String {
    match pager.first {
        Some(_) => format!("{title}, continued"),
        None => title,
    }
}

/// The link to the list that the visitor came from.
#[derive(Serialize)]
pub(super) struct BackLink {
    pub(super) path: String,
    pub(super) label: &'static str,
}

/// A link to the list in another order.
#[derive(Serialize)]
pub(super) struct SortLink {
    pub(super) label: &'static str,
    pub(super) path: String,
    pub(super) current: bool,
}
