//! Sign-in's tables: sessions, and sign-ins that have begun.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let session = Table::create()
            .table("session")
            .col(
                ColumnDef::new("id_hash")
                    .string_len(HASH_LENGTH)
                    .not_null()
                    .primary_key(),
            )
            .col(ColumnDef::new("data").text().not_null())
            .col(ColumnDef::new("expires_at").timestamp().not_null())
            .to_owned();
        let attempt = Table::create()
            .table("sign_in_attempt")
            .col(
                ColumnDef::new("state_hash")
                    .string_len(HASH_LENGTH)
                    .not_null()
                    .primary_key(),
            )
            .col(
                ColumnDef::new("browser_hash")
                    .string_len(HASH_LENGTH)
                    .not_null(),
            )
            .col(ColumnDef::new("return_to").text().not_null())
            .col(ColumnDef::new("expires_at").timestamp().not_null())
            .to_owned();
        manager.create_table(session).await?;
        manager.create_table(attempt).await?;
        for (name, table, columns) in [
            ("session_by_expiry", "session", ["expires_at"].as_slice()),
            (
                "sign_in_attempt_by_expiry",
                "sign_in_attempt",
                &["expires_at"],
            ),
            (
                "sign_in_attempt_by_browser",
                "sign_in_attempt",
                &["browser_hash", "expires_at"],
            ),
        ] {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sign_in_attempt", "session"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
