//! Sessions: the table `session` as a tower-sessions store, idle timeout and absolute lifetime.
//!
//! tower-sessions' `Session` and `SessionManagerLayer` are not used: they cannot limit a session's age,
//! do not expose a record's expiry (activity would be written with every request), log a warning for each
//! ended session, and return an empty 500 when the store fails.

use std::collections::HashMap;

use salvo::async_trait;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Deserialize as _;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{self, Error};

use super::cookies::hash;
use super::error::SignInError;
use crate::clock;
use crate::config::SignInSettings;
use crate::current_user::CurrentUser;
use crate::database::Database;

/// The key of the user in a session's data.
const USER: &str = "user";

/// Activity is written to the table at most this often.
const TOUCH_INTERVAL: Duration = Duration::minutes(1);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub(super) struct Model {
    /// SHA-256 of the session id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: String,
    /// JSON.
    #[sea_orm(column_type = "Text")]
    pub data: String,
    /// UTC.
    pub expires_at: TimeDateTime,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The session of one request, found once by the middleware `load_session`.
#[derive(Clone, Debug)]
pub struct RequestSession {
    /// The id in the session cookie; the session itself may have ended.
    pub id: Option<Id>,
    /// The signed-in user, or why the session could not be read.
    pub user: Result<Option<CurrentUser>, SignInError>,
}

impl Default for RequestSession {
    fn default() -> Self {
        Self {
            id: None,
            user: Ok(None),
        }
    }
}

impl RequestSession {
    /// The signed-in user, if there is one and the session could be read.
    pub fn current_user(&self) -> Option<&CurrentUser> {
        self.user.as_ref().ok().and_then(Option::as_ref)
    }
}

/// The sessions and their lifetimes.
pub struct Sessions {
    store: DatabaseStore,
    idle_timeout: Duration,
    max_age: Duration,
}

impl Sessions {
    pub(super) fn new(database: Database, settings: &SignInSettings) -> Self {
        let limit = |duration| Duration::try_from(duration).unwrap_or(Duration::MAX);
        Self {
            store: DatabaseStore(database),
            idle_timeout: limit(settings.session_idle_timeout),
            max_age: limit(settings.session_max_age),
        }
    }

    /// Creates a session under a new id (protection against session fixation).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create(&self, user: &CurrentUser) -> Result<Id, SignInError> {
        let mut record = Record {
            id: Id::default(),
            data: [(USER.to_owned(), serde_json::json!(user))].into(),
            expiry_date: self.expiry(user),
        };
        self.store.create(&mut record).await?;
        Ok(record.id)
    }

    /// The user of the session with this id, if it has not ended; extends its idle timeout.
    pub(super) async fn find(&self, id: &Id) -> Result<Option<CurrentUser>, SignInError> {
        let Some(mut record) = self.store.load(id).await? else {
            return Ok(None);
        };
        let user = record.data.get(USER);
        let Some(user) = user.and_then(|user| CurrentUser::deserialize(user).ok()) else {
            return Ok(None);
        };
        let expiry = self.expiry(&user);
        if expiry <= clock::now().assume_utc() {
            return Ok(None);
        }
        if expiry - record.expiry_date > TOUCH_INTERVAL.min(self.idle_timeout / 4) {
            record.expiry_date = expiry;
            self.store.save(&record).await?;
        }
        Ok(Some(user))
    }

    /// Ends a session: copies of its cookie become worthless.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete(&self, id: &Id) -> Result<(), SignInError> {
        Ok(self.store.delete(id).await?)
    }

    /// Deletes the rows of expired sessions.
    pub(super) async fn delete_expired(&self) -> Result<(), DbErr> {
        Entity::delete_many()
            .filter(Column::ExpiresAt.lt(clock::now()))
            .exec(self.store.0.connection())
            .await?;
        Ok(())
    }

    fn expiry(&self, user: &CurrentUser) -> OffsetDateTime {
        let idle = clock::now().saturating_add(self.idle_timeout);
        let absolute = user.signed_in_at.saturating_add(self.max_age);
        idle.min(absolute).assume_utc()
    }
}

/// The session store: the table `session`, shared by all instances.
#[derive(Clone, Debug)]
struct DatabaseStore(Database);

#[async_trait]
impl SessionStore for DatabaseStore {
    /// A new id has 128 random bits, so that collisions need no handling.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let insert = Entity::insert(row(record)?).exec_without_returning(self.0.connection());
        insert.await.map(drop).map_err(backend)
    }

    /// Updates an existing session only: a session that another request has ended stays ended.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let update = Entity::update_many()
            .set(row(record)?)
            .filter(Column::IdHash.eq(hash(&record.id.to_string())))
            .exec(self.0.connection());
        update.await.map(drop).map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let row =
            Entity::find_by_id(hash(&id.to_string())).filter(Column::ExpiresAt.gt(clock::now()));
        let row = row.one(self.0.readers()).await.map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let data: HashMap<_, _> =
            serde_json::from_str(&row.data).map_err(|cause| Error::Decode(cause.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: row.expires_at.assume_utc(),
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let delete = Entity::delete_by_id(hash(&id.to_string())).exec(self.0.connection());
        delete.await.map(drop).map_err(backend)
    }
}

fn row(record: &Record) -> session_store::Result<ActiveModel> {
    let data =
        serde_json::to_string(&record.data).map_err(|cause| Error::Encode(cause.to_string()))?;
    let expiry = record.expiry_date;
    Ok(ActiveModel {
        id_hash: Set(hash(&record.id.to_string())),
        data: Set(data),
        expires_at: Set(PrimitiveDateTime::new(expiry.date(), expiry.time())),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "passed to `map_err`")]
fn backend(cause: DbErr) -> Error {
    Error::Backend(cause.to_string())
}
