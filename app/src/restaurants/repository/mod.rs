//! Every query of the feature, as functions: the connection first, so that each works in a transaction.

mod words;
mod insert;
mod change;
mod list;
mod reviews;
mod search;

pub(super) use change::{delete_restaurant, delete_review, update_restaurant};
pub(super) use insert::{insert_restaurant, insert_review};
pub(super) use list::{ListRequest, RestaurantRow, list_restaurants};
pub(super) use reviews::{get_review, reviews_of};

use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};

use super::restaurant;

/// # Errors
/// `RecordNotFound` when there is no such restaurant.
pub(super) async fn get_restaurant(
    db: &impl ConnectionTrait,
    id: i32,
) -> Result<restaurant::Model, DbErr> {
    let found = restaurant::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(format!("restaurant {id}")))
}
