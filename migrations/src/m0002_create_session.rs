//! The tables of sign-in: sessions and sign-in attempts.

use sea_orm::DatabaseConnection;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_len, text, timestamp};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;

/// A column that no other program's table has.
const OWN_COLUMN: &str = "id_hash";

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

    /// A table `session` of another program is left alone: it matters only where sign-in is configured.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_table("session").await? {
            create_session(manager).await?;
        }
        let attempt = Table::create()
            .table("sign_in_attempt")
            .col(string_len("state_hash", HASH_LENGTH).primary_key())
            .col(string_len("browser_hash", HASH_LENGTH))
            .col(text("return_to"))
            .col(timestamp("expires_at"))
            .take();
        manager.create_table(attempt).await?;
        create_indexes(manager, "sign_in_attempt").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_ours = manager.has_column("session", OWN_COLUMN).await?;
        for table in ["sign_in_attempt", "session"] {
            if is_ours || table != "session" {
                let drop = Table::drop().table(table).take();
                manager.drop_table(drop).await?;
            }
        }
        Ok(())
    }
}

/// Checks the table `session`, which sign-in needs, and creates it where there is none: another program's table
/// stood in its place when the migration was applied. Only reads where the table is right.
///
/// # Errors
/// When the table belongs to another program, or the database fails.
pub async fn ensure_session_table(db: &DatabaseConnection) -> Result<(), DbErr> {
    let manager = SchemaManager::new(db);
    if !manager.has_table("session").await? {
        return create_session(&manager).await;
    }
    if manager.has_column("session", OWN_COLUMN).await? {
        return Ok(());
    }
    Err(DbErr::Migration(
        "the table session belongs to another program, and sign-in needs a table of that name; rename the other \
         table (ALTER TABLE session RENAME TO …), or use an empty database or schema"
            .to_owned(),
    ))
}

async fn create_session(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let session = Table::create()
        .table("session")
        .col(string_len(OWN_COLUMN, HASH_LENGTH).primary_key())
        .col(text("data"))
        .col(timestamp("expires_at"))
        .take();
    manager.create_table(session).await?;
    create_indexes(manager, "session").await
}

async fn create_indexes(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    for (name, indexed, columns) in INDEXES {
        if indexed == table {
            let mut index = Index::create().name(name).table(indexed).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
    }
    Ok(())
}
