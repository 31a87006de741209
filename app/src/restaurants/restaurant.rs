//! The entity `restaurant`, and the orders of its list.

use sea_orm::QueryResult;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Order};

use super::rating;
use crate::database::Columns;
use crate::pagination::{Cursor, Key, KeyType, Keyset, Position};
use crate::version::version;

/// A restaurant. `rating` has the counters of its reviews.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restaurant")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    pub street_address: String,
    pub description: String,
    /// The folded name, which triggers set.
    pub name_key: String,
    pub submission_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A restaurant in the list.
#[derive(Clone, Debug)]
pub(super) struct ListedRestaurant {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) street_address: String,
    pub(super) description: String,
    pub(super) review_count: i32,
    pub(super) rating_sum: i32,
    /// The sort key of the list; `None` in a list sorted by id.
    pub(super) key: Option<Key>,
}

impl ListedRestaurant {
    /// Reads the row of a list in this order; the sort key is its last column.
    pub(super) fn read(row: &QueryResult, sort: Sort) -> Result<Self, DbErr> {
        let mut columns = Columns::new(row);
        Ok(Self {
            id: columns.read()?,
            name: columns.read()?,
            street_address: columns.read()?,
            description: columns.read()?,
            review_count: columns.read()?,
            rating_sum: columns.read()?,
            key: match sort {
                Sort::Newest => None,
                Sort::Rating => Some(Key::Integer(columns.read()?)),
                Sort::Name => Some(Key::Text(columns.read()?)),
            },
        })
    }

    /// The position of this restaurant in its list.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor {
            key: self.key.clone(),
            id: self.id,
        }
    }
}

/// A restaurant with the counters of its ratings from 1 to 5.
#[derive(Clone, Debug)]
pub(super) struct RatedRestaurant {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) street_address: String,
    pub(super) description: String,
    pub(super) review_count: i32,
    pub(super) rating_sum: i32,
    /// The number of reviews with a rating of 1, of 2 and so on.
    pub(super) rating_counts: [i32; 5],
}

impl RatedRestaurant {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut columns = Columns::new(row);
        Ok(Self {
            id: columns.read()?,
            name: columns.read()?,
            street_address: columns.read()?,
            description: columns.read()?,
            review_count: columns.read()?,
            rating_sum: columns.read()?,
            rating_counts: [
                columns.read()?,
                columns.read()?,
                columns.read()?,
                columns.read()?,
                columns.read()?,
            ],
        })
    }

    /// The version of what an administrator may change.
    pub(super) fn version(&self) -> String {
        version(&[&self.name, &self.street_address, &self.description])
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

    /// The orders with their names and labels.
    pub(super) const CHOICES: [(Self, &'static str, &'static str); 3] = [
        (Self::Newest, Self::Newest.name(), Self::Newest.label()),
        (Self::Rating, Self::Rating.name(), Self::Rating.label()),
        (Self::Name, Self::Name.name(), Self::Name.label()),
    ];

    /// Its name in the query parameter `sort`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Rating => "rating",
            Self::Name => "name",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest",
            Self::Rating => "Top rated",
            Self::Name => "Name",
        }
    }

    /// The order with this name; the default for an unknown one.
    pub(super) fn from_name(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|sort| sort.name() == name).unwrap_or_default()
    }

    pub(super) fn keyset(self) -> Keyset {
        let id = (Entity, Column::Id);
        match self {
            Self::Newest => Keyset::by_id(id, Order::Desc),
            // The columns of the index `restaurant_rating_by_rank`.
            Self::Rating => {
                let rank = Expr::col((rating::Entity, rating::Column::Rank));
                let restaurant = (rating::Entity, rating::Column::Restaurant);
                Keyset::by_key(rank, restaurant, Order::Desc)
            }
            Self::Name => Keyset::by_key(Expr::col(Column::NameKey), id, Order::Asc),
        }
    }

    pub(super) fn parse_position(self, after: &str, before: &str) -> Position {
        Position::parse(self.key_type(), after, before)
    }

    /// `None` for the id alone.
    pub(super) fn key_type(self) -> Option<KeyType> {
        match self {
            Self::Newest => None,
            Self::Rating => Some(KeyType::Integer),
            Self::Name => Some(KeyType::Text),
        }
    }
}
