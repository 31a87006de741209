//! A visitor's session: begun at the sign-in, ended by the sign-out, by idleness or by age. Nobody who
//! has not signed in has one.

use serde::Deserialize as _;
use time::{Duration, OffsetDateTime};
use tower_sessions_core::SessionStore as _;
use tower_sessions_core::session::{Id, Record};

use super::store::DatabaseStore;
use crate::clock;
use crate::config::SessionConfig;
use crate::current_user::CurrentUser;

/// The one entry of a session.
const USER: &str = "user";

/// Activity is written down at most so often.
const TOUCH_PAUSE: Duration = Duration::minutes(1);

type Result<T> = tower_sessions_core::session_store::Result<T>;

/// The sessions and their limits.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    store: DatabaseStore,
    idle_timeout: Duration,
    max_age: Duration,
}

impl Sessions {
    pub(super) fn new(store: DatabaseStore, config: &SessionConfig) -> Self {
        let seconds =
            |duration: std::time::Duration| Duration::try_from(duration).unwrap_or(Duration::MAX);
        Self {
            store,
            idle_timeout: seconds(config.idle_timeout),
            max_age: seconds(config.max_age),
        }
    }

    pub(super) fn store(&self) -> &DatabaseStore {
        &self.store
    }

    /// Begins a session under an id that nobody has seen before.
    pub(super) async fn begin(&self, user: &CurrentUser) -> Result<Id> {
        let mut record = Record {
            id: Id::default(),
            data: [(USER.to_owned(), serde_json::json!(user))].into(),
            expiry_date: self.expiry(user),
        };
        self.store.create(&mut record).await?;
        Ok(record.id)
    }

    /// Who is signed in under this id; their activity keeps the session from ending.
    pub(super) async fn find(&self, id: &Id) -> Result<Option<CurrentUser>> {
        let Some(mut record) = self.store.load(id).await? else {
            return Ok(None);
        };
        let Some(user) = record
            .data
            .get(USER)
            .and_then(|user| CurrentUser::deserialize(user).ok())
        else {
            return Ok(None);
        };
        let expiry = self.expiry(&user);
        if expiry <= clock::now().assume_utc() {
            return Ok(None);
        }
        if expiry - record.expiry_date > TOUCH_PAUSE.min(self.idle_timeout / 4) {
            record.expiry_date = expiry;
            self.store.save(&record).await?;
        }
        Ok(Some(user))
    }

    /// Ends a session here, whatever cookies are still about.
    pub(super) async fn end(&self, id: &Id) -> Result<()> {
        self.store.delete(id).await
    }

    fn expiry(&self, user: &CurrentUser) -> OffsetDateTime {
        let idle = clock::now().saturating_add(self.idle_timeout);
        let absolute = user.signed_in_at.saturating_add(self.max_age);
        idle.min(absolute).assume_utc()
    }
}
