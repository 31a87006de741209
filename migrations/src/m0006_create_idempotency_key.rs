//! The table of idempotency keys: requests of the API that have inserted a row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, string_len, timestamp};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "idempotency_key";
const HASH_LENGTH: u32 = 64;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(string_len("digest", HASH_LENGTH).primary_key())
            .col(string_len("body_hash", HASH_LENGTH))
            .col(integer("row_id"))
            .col(timestamp("created_at"))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
