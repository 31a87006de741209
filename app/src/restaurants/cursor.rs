//! Where a page begins: the last row of the page before it, as text in `after`. A list cut by such a
//! cursor costs the same on every page, and a new row neither repeats nor hides another.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Between the sort key and the id.
const SEPARATOR: char = '~';

/// The order of the restaurants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    #[default]
    Newest,
    Rating,
    Name,
}

impl Sort {
    pub(super) const ALL: [Self; 3] = [Self::Newest, Self::Rating, Self::Name];

    /// Its name in the query.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Rating => "rating",
            Self::Name => "name",
        }
    }

    /// The order of this name; any other name means newest first.
    pub(super) fn of(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|sort| sort.name() == name)
            .unwrap_or_default()
    }
}

/// A place in the restaurants of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RestaurantCursor {
    Newest(i32),
    Rating(i64, i32),
    Name(String, i32),
}

impl RestaurantCursor {
    /// `None` for what is no cursor of this order: the list then starts at its first page.
    pub(super) fn parse(sort: Sort, text: &str) -> Option<Self> {
        if sort == Sort::Newest {
            return text.parse().ok().map(Self::Newest);
        }
        let (key, id) = split(text)?;
        match sort {
            Sort::Rating => key.parse().ok().map(|average| Self::Rating(average, id)),
            _ => (!key.contains('\0')).then(|| Self::Name(key.to_owned(), id)),
        }
    }
}

impl fmt::Display for RestaurantCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(id) => write!(formatter, "{id}"),
            Self::Rating(average, id) => write!(formatter, "{average}{SEPARATOR}{id}"),
            Self::Name(name, id) => write!(formatter, "{name}{SEPARATOR}{id}"),
        }
    }
}

/// A place in the reviews of a restaurant, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReviewCursor {
    pub(super) date: PrimitiveDateTime,
    pub(super) id: i32,
}

impl ReviewCursor {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (microseconds, id) = split(text)?;
        let nanoseconds = i128::from(microseconds.parse::<i64>().ok()?) * 1000;
        let date = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        // PostgreSQL's dates begin in 4714 BC, and nothing was ever reviewed before the year 1.
        (date.year() > 0).then(|| Self {
            date: PrimitiveDateTime::new(date.date(), date.time()),
            id,
        })
    }
}

impl fmt::Display for ReviewCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let microseconds = self.date.assume_utc().unix_timestamp_nanos() / 1000;
        write!(formatter, "{microseconds}{SEPARATOR}{}", self.id)
    }
}

fn split(text: &str) -> Option<(&str, i32)> {
    let (key, id) = text.rsplit_once(SEPARATOR)?;
    i32::from_str(id).ok().map(|id| (key, id))
}
