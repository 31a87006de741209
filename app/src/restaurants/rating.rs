//! The entity `restaurant_rating`: the counters of a restaurant's ratings, which triggers of the database keep.

use sea_orm::entity::prelude::*;

/// The counters cover ratings from 1 to 5. Every restaurant has a row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restaurant_rating")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub restaurant: i32,
    pub review_count: i32,
    pub rating_sum: i32,
    #[sea_orm(column_name = "rating_1_count")]
    pub rating_1_count: i32,
    #[sea_orm(column_name = "rating_2_count")]
    pub rating_2_count: i32,
    #[sea_orm(column_name = "rating_3_count")]
    pub rating_3_count: i32,
    #[sea_orm(column_name = "rating_4_count")]
    pub rating_4_count: i32,
    #[sea_orm(column_name = "rating_5_count")]
    pub rating_5_count: i32,
    /// The average in millionths, 0 without a rating; a generated column.
    pub rating_average: i64,
    /// The average with five more reviews of 3.5, in millionths, 0 without a rating; a generated column.
    pub rank: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::restaurant::Entity",
        from = "Column::Restaurant",
        to = "super::restaurant::Column::Id"
    )]
    Restaurant,
}

impl ActiveModelBehavior for ActiveModel {}
