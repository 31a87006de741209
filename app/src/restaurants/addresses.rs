//! Addresses of the list and of a restaurant's page: their query parameters, read and written.

use serde::{Deserialize, Serialize};

use super::restaurant::{self, Sort};
use super::{adopted, review};
use crate::pagination::Position;

/// The query parameters of the list.
pub(super) const LIST_PARAMETERS: &[&str] = &["q", "sort", "after", "before"];

/// The query parameters of a restaurant's page.
pub(super) const DETAILS_PARAMETERS: &[&str] = &["after", "before", "rating", "list"];

/// Where the reviews begin on a restaurant's page.
pub(super) const REVIEWS: &str = "#reviews";

/// In bytes: a longer search is not kept in the links to its results, which would make the list long.
const KEPT_LENGTH: usize = 200;

/// The query of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ListQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    before: String,
}

impl ListQuery {
    pub(super) fn sort(&self) -> Sort {
        Sort::from_name(&self.sort)
    }

    pub(super) fn position(&self) -> Position {
        self.sort().parse_position(&self.after, &self.before)
    }

    pub(super) fn is_search(&self) -> bool {
        !self.q.trim().is_empty()
    }

    /// The list with the same search, in this order, at this position.
    pub(super) fn at(&self, sort: Sort, position: &Position) -> Self {
        let sort_name = Some(sort).filter(|sort| *sort != Sort::default());
        let (after, before) = position.parameters();
        Self {
            q: self.q.clone(),
            sort: sort_name.map_or("", Sort::name).to_owned(),
            after,
            before,
        }
    }

    pub(super) fn address(&self) -> String {
        address("/", self)
    }

    /// The query string of this list's links to restaurants, so that their pages can link back here: `?list=…`, or nothing
    /// for the list without parameters.
    pub(super) fn to_link_suffix(&self) -> String {
        let list = serde_urlencoded::to_string(self).unwrap_or_default();
        let query = DetailsQuery {
            list: if list.len() > KEPT_LENGTH {
                String::new()
            } else {
                list
            },
            ..DetailsQuery::default()
        };
        address("", &query)
    }

    /// The list that a restaurant's page leads back to. Only its known parameters are kept: it is always on this site.
    fn parse(text: &str) -> Self {
        let query: Self = serde_urlencoded::from_str(text).unwrap_or_default();
        query.at(query.sort(), &query.position())
    }
}

/// The query of a restaurant's page.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct DetailsQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    before: String,
    /// Only reviews with this rating.
    #[serde(skip_serializing_if = "String::is_empty")]
    rating: String,
    /// The query of the list that the visitor came from.
    #[serde(skip_serializing_if = "String::is_empty")]
    list: String,
}

impl DetailsQuery {
    pub(super) fn position(&self) -> Position {
        review::parse_position(&self.after, &self.before)
    }

    /// The rating whose reviews alone are shown.
    pub(super) fn rating(&self) -> Option<i32> {
        self.rating.parse().ok().and_then(adopted::valid_rating)
    }

    pub(super) fn list(&self) -> ListQuery {
        ListQuery::parse(&self.list)
    }

    /// The page of a restaurant with these reviews, and the same way back to the list.
    pub(super) fn at(&self, rating: Option<i32>, position: &Position) -> Self {
        let (after, before) = position.parameters();
        Self {
            after,
            before,
            rating: rating.map(|rating| rating.to_string()).unwrap_or_default(),
            list: self.list.clone(),
        }
    }

    pub(super) fn address(&self, restaurant: i32) -> String {
        address(&restaurant::path(restaurant), self)
    }
}

fn address(path: &str, query: &impl Serialize) -> String {
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pagination::Cursor;

    #[test]
    fn a_list_is_kept_in_the_links_to_its_restaurants() {
        let plain = ListQuery::default();
        assert_eq!(plain.to_link_suffix(), "");
        let search = ListQuery {
            q: "café & bar".to_owned(),
            ..ListQuery::default()
        };
        let list = search.at(Sort::Newest, &Position::Before(Cursor::id(7)));
        let suffix = list.to_link_suffix();
        let query = suffix.strip_prefix('?').unwrap();
        let query: DetailsQuery = serde_urlencoded::from_str(query).unwrap();
        assert_eq!(query.list(), list);
        assert_eq!(list.address(), "/?q=caf%C3%A9+%26+bar&before=7");
    }

    #[test]
    fn a_list_that_is_not_one_of_this_site_becomes_the_first_page() {
        for text in [
            "https://evil.example/",
            "//evil",
            "x=1&x=2",
            "after=x&sort=y",
            "%ff",
        ] {
            assert_eq!(ListQuery::parse(text).address(), "/", "{text}");
        }
        let long = ListQuery {
            q: "x".repeat(300),
            ..ListQuery::default()
        };
        assert_eq!(long.to_link_suffix(), "");
    }
}
