//! The table `trail`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{date, integer, pk_auto, string_len, string_len_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("trail")
            .col(pk_auto("id"))
            .col(string_len("name", 60))
            .col(integer("length_km"))
            .col(string_len("difficulty", 10))
            .col(date("opened_on"))
            .col(string_len("notes", 400))
            .col(string_len_null("submission_key", 64).unique_key())
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::drop().table("trail").take();
        manager.drop_table(table).await
    }
}
