//! The entity `trail`.

use sea_orm::entity::prelude::*;

/// A trail.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trail")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    pub length_km: i32,
    pub difficulty: Difficulty,
    pub opened_on: TimeDate,
    pub notes: String,
    pub submission_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How hard a trail is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
pub enum Difficulty {
    #[sea_orm(string_value = "easy")]
    Easy,
    #[sea_orm(string_value = "moderate")]
    Moderate,
    #[sea_orm(string_value = "hard")]
    Hard,
}

impl Difficulty {
    /// The word on a page.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Easy => "Easy",
            Self::Moderate => "Moderate",
            Self::Hard => "Hard",
        }
    }
}

/// The path of a trail's page.
pub(super) fn path(id: i32) -> String {
    format!("/trails/{id}")
}
