//! Sign-in attempts: the OAuth `state`, the nonce and the PKCE code verifier of each, usable once.
//!
//! The table keeps hashes alone. Nonce and code verifier are derived from the state with a key that
//! only the site has, so that they need not be stored.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{DatabaseConnection, QueryOrder as _, QuerySelect as _, QueryTrait as _};
use time::Duration;

use super::cookies::{ATTEMPT_RETENTION, Keyring, hash};
use super::error::SignInError;
use crate::clock;

/// Time in which a user must come back from the provider.
const LIFETIME: Duration = Duration::minutes(10);

/// Pending attempts of one browser, such as several tabs; one more deletes the oldest.
const PENDING_LIMIT: u64 = 10;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempt")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: String,
    pub browser_hash: String,
    /// The local path to return to after the sign-in.
    pub return_to: String,
    /// UTC.
    pub expires_at: TimeDateTime,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Nonce and PKCE code verifier of an attempt: 256 bits each, 43 characters.
pub(super) struct AttemptSecrets {
    pub(super) nonce: String,
    pub(super) code_verifier: String,
}

impl AttemptSecrets {
    pub(super) fn derive(keyring: &Keyring, state: &str) -> Self {
        Self {
            nonce: keyring.derive("nonce ", state),
            code_verifier: keyring.derive("verifier ", state),
        }
    }
}

/// Stores a new attempt of this browser.
pub(super) async fn insert_attempt(
    db: &DatabaseConnection,
    state: &str,
    browser_token: &str,
    return_to: &str,
) -> Result<(), DbErr> {
    let browser_hash = hash(browser_token);
    let row = ActiveModel {
        state_hash: Set(hash(state)),
        browser_hash: Set(browser_hash.clone()),
        return_to: Set(return_to.to_owned()),
        expires_at: Set(clock::now().saturating_add(LIFETIME)),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    delete_beyond_limit(db, &browser_hash).await
}

/// Deletes the attempt of this browser with this state and returns its return path: the state is valid for one use.
pub(super) async fn take_attempt(
    db: &DatabaseConnection,
    state: &str,
    browser_tokens: &[String],
) -> Result<String, SignInError> {
    let browser_hashes = browser_tokens.iter().map(|token| hash(token));
    let taken = Entity::delete_many()
        .filter(Column::StateHash.eq(hash(state)))
        .filter(Column::BrowserHash.is_in(browser_hashes))
        .exec_with_returning(db)
        .await?;
    let Some(attempt) = taken.into_iter().next() else {
        return Err(SignInError::UnknownAttempt("no such state"));
    };
    if attempt.expires_at < clock::now() {
        return Err(SignInError::Expired);
    }
    Ok(attempt.return_to)
}

/// Deletes the attempts whose retention has passed.
pub(super) async fn delete_expired(db: &DatabaseConnection) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lt(clock::now().saturating_sub(ATTEMPT_RETENTION - LIFETIME)))
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
