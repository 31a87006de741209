//! Queries of trails.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Order;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, QuerySelect as _};

use super::forms::NewTrail;
use super::trail::{ActiveModel, Column, Entity, Model};
use crate::form_key::{self, insert_once};
use crate::pagination::{Cursor, Keyset, paginate, split_page};

/// A page of the list, newest first, and the cursor of the next page.
pub(super) async fn list_trails(
    db: &impl ConnectionTrait,
    after: Option<&Cursor>,
    page_size: u64,
) -> Result<(Vec<Model>, Option<Cursor>), DbErr> {
    let newest_first = Keyset::by_id(Column::Id, Order::Desc);
    let rows = paginate(Entity::find(), &newest_first, after);
    let rows = rows.limit(page_size + 1).all(db).await?;
    let (rows, last) = split_page(rows, page_size);
    Ok((rows, last.map(|last| Cursor::id(last.id))))
}

/// # Errors
/// `RecordNotFound` when there is no such trail.
pub(super) async fn get_trail(db: &impl ConnectionTrait, id: i32) -> Result<Model, DbErr> {
    let found = Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| not_found(id))
}

/// Inserts a trail and returns its id. The same form sent again returns the same id.
pub(super) async fn insert_trail(
    db: &impl ConnectionTrait,
    new: NewTrail,
    key: &str,
) -> Result<i32, DbErr> {
    let values = [
        &new.name,
        &new.length_km.to_string(),
        new.difficulty.label(),
        &new.opened_on.to_string(),
        &new.notes,
    ];
    let digest = form_key::digest(key, &values);
    let row = ActiveModel {
        name: Set(new.name),
        length_km: Set(new.length_km),
        difficulty: Set(new.difficulty),
        opened_on: Set(new.opened_on),
        notes: Set(new.notes),
        ..Default::default()
    };
    Ok(insert_once(db, row, Column::SubmissionKey, digest)
        .await?
        .id)
}

/// # Errors
/// `RecordNotFound` when there is no such trail.
pub(super) async fn delete_trail(db: &impl ConnectionTrait, id: i32) -> Result<(), DbErr> {
    let deleted = Entity::delete_by_id(id).exec(db).await?;
    if deleted.rows_affected == 0 {
        return Err(not_found(id));
    }
    Ok(())
}

fn not_found(id: i32) -> DbErr {
    DbErr::RecordNotFound(format!("trail {id}"))
}
