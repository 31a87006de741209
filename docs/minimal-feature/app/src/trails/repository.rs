//! Queries of trails.

use std::ops::RangeInclusive;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Order;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::forms::NewTrail;
use super::trail::{self, ActiveModel, Column, Entity, Model};
use crate::crawlers::FeedEntry;
use crate::form_key::{self, insert_once};
use crate::pagination::{Cursor, Keyset, ListPage, Position, paginate};

/// A page of the list, newest first.
pub(super) async fn list_trails(
    db: &impl ConnectionTrait,
    position: &Position,
    page_size: u64,
) -> Result<ListPage<Model>, DbErr> {
    let page = read_page(db, position, page_size).await?;
    if page.is_cut_short(position, page_size) {
        return read_page(db, &Position::First, page_size).await;
    }
    Ok(page)
}

async fn read_page(
    db: &impl ConnectionTrait,
    position: &Position,
    page_size: u64,
) -> Result<ListPage<Model>, DbErr> {
    let newest_first = Keyset::by_id(Column::Id, Order::Desc);
    let rows = paginate(Entity::find(), &newest_first, position);
    let rows = rows.limit(page_size + 1).all(db).await?;
    Ok(ListPage::new(rows, page_size, position, |trail| {
        Cursor::id(trail.id)
    }))
}

/// The largest id that the sitemap has to cover; 0 without rows.
pub async fn last_id(db: &impl ConnectionTrait) -> Result<i32, DbErr> {
    let last = Entity::find().order_by_desc(Column::Id).one(db).await?;
    Ok(last.map_or(0, |trail| trail.id))
}

/// The paths of the pages with these ids.
pub async fn sitemap_paths(
    db: &impl ConnectionTrait,
    ids: RangeInclusive<i32>,
) -> Result<Vec<String>, DbErr> {
    let trails = Entity::find()
        .filter(Column::Id.between(*ids.start(), *ids.end()))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(trails.iter().map(|trail| trail::path(trail.id)).collect())
}

/// The entries of the feed: none, since a trail does not say when it was added.
pub async fn feed_entries(_: &impl ConnectionTrait, _: u64) -> Result<Vec<FeedEntry>, DbErr> {
    Ok(Vec::new())
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
