//! Extractor for the database that a page is read from: a replica or the primary.

use std::time::{Duration, Instant};

use salvo::extract::Metadata;
use salvo::{Depot, Extractible, Request};
use sea_orm::DbErr;
use tokio::time::timeout;

use super::{Visitor, no_metadata, state};
use crate::database::{Database, RetryingConnection};
use crate::response::{Error, has_notice};
use crate::site_cookie;

/// Name of the cookie that a browser has for some seconds after a write.
pub const BYPASS_COOKIE: &str = "written";

/// The timeout of a read from a replica: the longest delay by a replica that stops, until it is known to be out of date.
const REPLICA_TIMEOUT: Duration = Duration::from_millis(500);

/// The maximum lag of a replica for this request, if it is less than `DATABASE_READ_LAG`; middleware puts it into the depot.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaLag(pub Duration);

/// The instant up to which the response has all data; [`Reader`] puts it into the depot.
#[derive(Clone, Copy, Debug)]
pub struct DataAt(pub Instant);

/// Reads the data of a response: from a replica if the response may be slightly out of date and the replica is not too far
/// behind, else from the primary. It is the argument of handlers of `GET` requests; everything else uses the primary.
pub struct Reader {
    replica: Option<RetryingConnection>,
    primary: Database,
}

impl Reader {
    /// Runs the queries on the replica; if they fail, time out or do not find their row, again on the primary.
    ///
    /// # Errors
    /// Those of the queries on the primary.
    pub async fn read<T, F>(&self, queries: impl Fn(RetryingConnection) -> F) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        if let Some(replica) = &self.replica {
            match timeout(REPLICA_TIMEOUT, queries(replica.clone())).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(DbErr::RecordNotFound(_))) => {}
                Ok(Err(cause)) => tracing::debug!(%cause, "failed to read from the replica"),
                Err(_) => tracing::debug!("the replica did not respond in time"),
            }
        }
        queries(self.primary.readers().clone()).await
    }
}

impl<'ex> Extractible<'ex> for Reader {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let database = state(depot)?.database.clone();
        let limit = depot.get_typed::<ReplicaLag>().ok();
        let lag = database
            .read_lag()
            .map(|lag| limit.map_or(lag, |limit| lag.min(limit.0)));
        let replica = lag
            .filter(|_| may_be_shared(request, depot))
            .and_then(|lag| database.replica(lag));
        let replica = replica.map(|(connection, at)| {
            depot.insert_typed(DataAt(at));
            connection.clone()
        });
        Ok(Self {
            replica,
            primary: database,
        })
    }
}

/// Whether the request is that of a reader who is not signed in, has not just written and is shown no
/// notice. Such a response may be shared and slightly out of date.
pub fn may_be_shared(request: &Request, depot: &Depot) -> bool {
    request.method().is_safe()
        && !has_notice(request)
        && site_cookie::read(request, BYPASS_COOKIE).is_none()
        && Visitor::from_depot(depot).is_anonymous()
}
