//! The entity `idempotency_key`: requests with an idempotency key that have inserted a row.
//!
//! They are kept beside the row, so that the key remains used when the row is changed or deleted.

use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect as _;
use sea_orm::entity::prelude::*;

use crate::clock;
use crate::form_key::REPEAT_LOCK;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub(super) struct Model {
    /// A hash of the key, of the account that sent it and of the path.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) digest: String,
    /// A hash of the body that was sent.
    pub(super) body_hash: String,
    /// The row that was inserted.
    pub(super) row_id: i32,
    /// UTC.
    pub(super) created_at: TimeDateTime,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Finds a request, under the lock of a repeated form.
pub(super) async fn find(db: &impl ConnectionTrait, digest: &str) -> Result<Option<Model>, DbErr> {
    let found = Entity::find_by_id(digest).lock(REPEAT_LOCK);
    found.one(db).await
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    digest: String,
    body_hash: String,
    row_id: i32,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        digest: Set(digest),
        body_hash: Set(body_hash),
        row_id: Set(row_id),
        created_at: Set(clock::now()),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}
