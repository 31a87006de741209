//! Sign-ins that have begun: one row each, found by its state and the browser that began it, taken once.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{DatabaseConnection, QueryOrder as _, QuerySelect as _, QueryTrait as _};
use time::{Duration, PrimitiveDateTime};

use super::error::SignInError;
use super::secrets::hash;
use crate::clock;

/// How long a person may take at the provider.
const LIFETIME: Duration = Duration::minutes(10);

/// How long a sign-in is known, here and by the browser's cookie: whoever comes back late is told so.
pub(super) const MEMORY: Duration = Duration::hours(1);

/// Sign-ins of one browser that may be under way, in as many tabs; an eleventh ends the oldest.
const PENDING_LIMIT: u64 = 10;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempt")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: String,
    pub browser_hash: String,
    /// A local path, where the person goes afterwards.
    pub return_to: String,
    /// UTC.
    pub expires_at: TimeDateTime,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Remembers a sign-in that begins.
pub(super) async fn insert_attempt(
    db: &DatabaseConnection,
    state: &str,
    browser: &str,
    return_to: &str,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        state_hash: Set(hash(state)),
        browser_hash: Set(hash(browser)),
        return_to: Set(return_to.to_owned()),
        expires_at: Set(expiry()),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    delete_beyond_limit(db, &hash(browser)).await
}

/// Takes the sign-in with this state out of the table, so that nothing can take it twice, and returns
/// the path to go to.
pub(super) async fn take_attempt(
    db: &DatabaseConnection,
    state: &str,
    browser: &str,
) -> Result<String, SignInError> {
    let taken = Entity::delete_many()
        .filter(Column::StateHash.eq(hash(state)))
        .filter(Column::BrowserHash.eq(hash(browser)))
        .exec_with_returning(db)
        .await?;
    let attempt = taken
        .into_iter()
        .next()
        .ok_or(SignInError::Unknown("no such state"))?;
    if attempt.expires_at < clock::now() {
        return Err(SignInError::Expired);
    }
    Ok(attempt.return_to)
}

/// Deletes the sign-ins that nobody has finished within the hour.
pub(super) async fn delete_expired(db: &DatabaseConnection) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lt(clock::now().saturating_sub(MEMORY - LIFETIME)))
        .exec(db)
        .await?;
    Ok(())
}

async fn delete_beyond_limit(db: &DatabaseConnection, browser_hash: &str) -> Result<(), DbErr> {
    let newest = Entity::find()
        .select_only()
        .column(Column::StateHash)
        .filter(Column::BrowserHash.eq(browser_hash))
        .order_by_desc(Column::ExpiresAt)
        .limit(PENDING_LIMIT);
    Entity::delete_many()
        .filter(Column::BrowserHash.eq(browser_hash))
        .filter(Expr::col(Column::StateHash).not_in_subquery(newest.into_query()))
        .exec(db)
        .await?;
    Ok(())
}

fn expiry() -> PrimitiveDateTime {
    clock::now().saturating_add(LIFETIME)
}
