//! The entity `session`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub(super) struct Model {
    /// Never the id itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: String,
    /// JSON.
    #[sea_orm(column_type = "Text")]
    pub data: String,
    /// UTC.
    pub expires_at: TimeDateTime,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
