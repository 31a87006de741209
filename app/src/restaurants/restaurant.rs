//! The entity `restaurant`.

use sea_orm::entity::prelude::*;

/// A row. The counters cover ratings from 1 to 5 only and change with each review.
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
    /// The average in millionths, 0 without a rating; the database computes it.
    pub rating_average: Option<i64>,
    /// The beginning of the name, in the alphabet's order; the database cuts it.
    pub sort_name: Option<String>,
    /// What makes a form sent twice one row; see `submission`.
    pub submission_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The counters of the ratings 1 to 5, in this order.
    pub fn rating_counts(&self) -> [i32; 5] {
        [
            self.rating_1_count,
            self.rating_2_count,
            self.rating_3_count,
            self.rating_4_count,
            self.rating_5_count,
        ]
    }
}

/// The address of a restaurant's page.
pub fn path(id: i32) -> String {
    format!("/restaurants/{id}")
}
