//! The entity `restaurant`, and the orders of its list.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Order};

use crate::pagination::{Cursor, Key, KeyType, Keyset};

/// A restaurant. The counters cover ratings from 1 to 5.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restaurant")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    pub street_address: String,
    pub description: String,
    pub review_count: i32,
    pub rating_sum: i32,
    pub rating_1_count: i32,
    pub rating_2_count: i32,
    pub rating_3_count: i32,
    pub rating_4_count: i32,
    pub rating_5_count: i32,
    /// The average in millionths, 0 without a rating; a generated column.
    pub rating_average: Option<i64>,
    /// The first characters of the name with a collation; a generated column.
    pub sort_name: Option<String>,
    pub submission_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The counters of the ratings 1 to 5.
    pub fn rating_counts(&self) -> [i32; 5] {
        [
            self.rating_1_count,
            self.rating_2_count,
            self.rating_3_count,
            self.rating_4_count,
            self.rating_5_count,
        ]
    }

    /// The position of this restaurant in a list.
    pub(super) fn cursor(&self, sort: Sort) -> Cursor {
        match sort {
            Sort::Newest => Cursor::id(self.id),
            Sort::Rating => Cursor::new(
                Key::Integer(self.rating_average.unwrap_or_default()),
                self.id,
            ),
            Sort::Name => {
                let name = self.sort_name.clone().unwrap_or_default();
                Cursor::new(Key::Text(name), self.id)
            }
        }
    }
}

/// The path of a restaurant's page.
pub fn path(id: i32) -> String {
    format!("/restaurants/{id}")
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Newest,
    Rating,
    Name,
}

impl Sort {
    pub(super) const ALL: [Self; 3] = [Self::Newest, Self::Rating, Self::Name];

    /// Its name in the query parameter `sort`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Rating => "rating",
            Self::Name => "name",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest",
            Self::Rating => "Rating",
            Self::Name => "Name",
        }
    }

    /// The order with this name; the default for an unknown one.
    pub(super) fn from_name(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|sort| sort.name() == name).unwrap_or_default()
    }

    pub(super) fn keyset(self) -> Keyset {
        match self {
            Self::Newest => Keyset::by_id(Column::Id, Order::Desc),
            Self::Rating => {
                Keyset::by_key(Expr::col(Column::RatingAverage), Column::Id, Order::Desc)
            }
            Self::Name => Keyset::by_key(Expr::col(Column::SortName), Column::Id, Order::Asc),
        }
    }

    pub(super) fn parse_cursor(self, text: &str) -> Option<Cursor> {
        let key_type = match self {
            Self::Newest => None,
            Self::Rating => Some(KeyType::Integer),
            Self::Name => Some(KeyType::Text),
        };
        Cursor::parse(key_type, text)
    }
}
