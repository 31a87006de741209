//! The tables of sign-in: sessions and sign-in attempts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, text, timestamp};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;

/// Index name, table and columns.
const INDEXES: [(&str, &str, &[&str]); 3] = [
    ("session_by_expiry", "session", &["expires_at"]),
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
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let session = Table::create()
            .table("session")
            .col(string_len("id_hash", HASH_LENGTH).primary_key())
            .col(text("data"))
            .col(timestamp("expires_at"))
            .take();
        let attempt = Table::create()
            .table("sign_in_attempt")
            .col(string_len("state_hash", HASH_LENGTH).primary_key())
            .col(string_len("browser_hash", HASH_LENGTH))
            .col(text("return_to"))
            .col(timestamp("expires_at"))
            .take();
        manager.create_table(session).await?;
        manager.create_table(attempt).await?;
        for (name, table, columns) in INDEXES {
            let mut index = Index::create().name(name).table(table).take();
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
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}
