//! The search index of restaurants by the rule of `folding`, and the key that they are sorted by their names with.

use sea_orm_migration::prelude::*;

use crate::search::{SearchIndex, create_folding, drop_folding};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SEARCH: SearchIndex = SearchIndex {
    table: "restaurant",
    columns: &["name", "street_address", "description"],
    sorted_by: "name",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_folding(manager).await?;
        SEARCH.create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        SEARCH.drop(manager).await?;
        drop_folding(manager).await
    }
}
