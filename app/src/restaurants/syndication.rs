//! Sitemap and feed of the feature: the URLs of all restaurants, and the newest reviews.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use sea_orm::sea_query::Order;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::adopted;
use super::views::{author_or_placeholder, name_or_placeholder};
use super::{restaurant, review};
use crate::crawlers::FeedEntry;

/// The largest id that the sitemap has to cover; 0 without rows.
pub async fn last_id(db: &impl ConnectionTrait) -> Result<i32, DbErr> {
    let last = restaurant::Entity::find()
        .select_only()
        .column(restaurant::Column::Id)
        .order_by(restaurant::Column::Id, Order::Desc)
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.unwrap_or_default())
}

/// The paths of the pages with these ids.
pub async fn sitemap_paths(
    db: &impl ConnectionTrait,
    ids: RangeInclusive<i32>,
) -> Result<Vec<String>, DbErr> {
    let ids: Vec<i32> = restaurant::Entity::find()
        .select_only()
        .column(restaurant::Column::Id)
        .filter(restaurant::Column::Id.between(*ids.start(), *ids.end()))
        .order_by(restaurant::Column::Id, Order::Asc)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(restaurant::path).collect())
}

/// The newest reviews, as entries of the feed.
pub async fn feed_entries(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<FeedEntry>, DbErr> {
    let reviews = adopted::find_reviews(db.get_database_backend())
        .order_by(review::Column::Id, Order::Desc)
        .limit(limit)
        .all(db)
        .await?;
    let names = restaurant_names(db, &reviews).await?;
    let entries = reviews.into_iter().filter_map(|review| {
        // A review of the Python sample may have lost its restaurant.
        let restaurant = names.get(&review.restaurant)?;
        Some(FeedEntry {
            path: review.path(),
            title: match adopted::valid_rating(review.rating) {
                Some(rating) => format!("{restaurant}: {rating} out of 5"),
                None => restaurant.clone(),
            },
            author: author_or_placeholder(review.user_name),
            summary: review.review_text,
            updated: review.review_date,
        })
    });
    Ok(entries.collect())
}

async fn restaurant_names(
    db: &impl ConnectionTrait,
    reviews: &[review::Model],
) -> Result<HashMap<i32, String>, DbErr> {
    let ids = reviews.iter().map(|review| review.restaurant);
    let names: Vec<(i32, Option<String>)> = restaurant::Entity::find()
        .select_only()
        .columns([restaurant::Column::Id, restaurant::Column::Name])
        .filter(restaurant::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let names = names.into_iter();
    Ok(names
        .map(|(id, name)| (id, name_or_placeholder(name.unwrap_or_default())))
        .collect())
}
