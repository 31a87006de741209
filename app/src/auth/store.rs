//! The sessions' table, as tower-sessions wants it: any instance can serve any request.

use std::collections::HashMap;

use salvo::async_trait;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, DatabaseConnection, DbErr, EntityTrait as _, QueryFilter as _};
use time::PrimitiveDateTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};
use tower_sessions_core::{SessionStore, session_store};

use super::secrets::hash;
use super::session_row::{ActiveModel, Column, Entity};
use crate::clock;

/// Sessions in the app's own database.
#[derive(Clone, Debug)]
pub(super) struct DatabaseStore(DatabaseConnection);

impl DatabaseStore {
    pub(super) fn new(db: DatabaseConnection) -> Self {
        Self(db)
    }

    /// Deletes the sessions that have ended by themselves.
    pub(super) async fn delete_expired(&self) -> std::result::Result<(), DbErr> {
        Entity::delete_many()
            .filter(Column::ExpiresAt.lt(clock::now()))
            .exec(&self.0)
            .await?;
        Ok(())
    }
}

#[async_trait]
impl SessionStore for DatabaseStore {
    /// A new id has 128 random bits: it is never another session's.
    async fn create(&self, record: &mut Record) -> Result<()> {
        Entity::insert(row_of(record)?)
            .exec_without_returning(&self.0)
            .await
            .map_err(|cause| backend(&cause))?;
        Ok(())
    }

    /// A session that has been ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        let id_hash = hash(&record.id.to_string());
        Entity::update_many()
            .set(row_of(record)?)
            .filter(Column::IdHash.eq(id_hash))
            .exec(&self.0)
            .await
            .map_err(|cause| backend(&cause))?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = Entity::find_by_id(hash(&id.to_string()))
            .filter(Column::ExpiresAt.gt(clock::now()))
            .one(&self.0)
            .await
            .map_err(|cause| backend(&cause))?;
        row.map(|row| {
            let data: HashMap<_, _> = serde_json::from_str(&row.data)
                .map_err(|cause| Error::Decode(cause.to_string()))?;
            Ok(Record {
                id: *id,
                data,
                expiry_date: row.expires_at.assume_utc(),
            })
        })
        .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        Entity::delete_by_id(hash(&id.to_string()))
            .exec(&self.0)
            .await
            .map_err(|cause| backend(&cause))?;
        Ok(())
    }
}

fn row_of(record: &Record) -> Result<ActiveModel> {
    let data =
        serde_json::to_string(&record.data).map_err(|cause| Error::Encode(cause.to_string()))?;
    let expiry = record.expiry_date;
    Ok(ActiveModel {
        id_hash: Set(hash(&record.id.to_string())),
        data: Set(data),
        expires_at: Set(PrimitiveDateTime::new(expiry.date(), expiry.time())),
    })
}

fn backend(cause: &DbErr) -> session_store::Error {
    Error::Backend(cause.to_string())
}
