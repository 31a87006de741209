//! Limits of a request: size of its head, its body, concurrency (load shedding) and time.

use std::sync::Arc;
use std::time::Duration;

use salvo::http::StatusCode;
use salvo::{Depot, FlowCtrl, Request, Response, handler};
use tokio::sync::Semaphore;

use crate::extract::{read_body, state};
use crate::response::{BodyReceived, Error};

/// Returns 431 for a request head larger than `REQUEST_HEAD_LIMIT`: hyper's own check reads up to its
/// buffer size and then closes the connection without a page.
#[handler]
pub async fn limit_head(request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    let uri = request.uri().path_and_query();
    let line = request.method().as_str().len() + uri.map_or(0, |uri| uri.as_str().len());
    let headers = request.headers().iter();
    let fields = headers.map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len());
    if line + fields.sum::<usize>() <= state(depot)?.config.http.request_head_limit {
        return Ok(());
    }
    Err(Error::Status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE))
}

/// Reads the request body before a permit or a database connection is taken, so that a slow client
/// occupies nothing but its connection, and before the request can be rejected, so that the error page can
/// show what was typed.
#[handler]
pub async fn receive_body(request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    if !request.method().is_safe() {
        read_body(request, &state(depot)?.config.http).await?;
        depot.insert_typed(BodyReceived);
    }
    Ok(())
}

/// Load shedding: returns 503 at once for requests beyond `MAX_CONCURRENT_REQUESTS`.
pub struct ShedLoad(Arc<Semaphore>);

impl ShedLoad {
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Semaphore::new(capacity)))
    }
}

#[handler]
impl ShedLoad {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) -> Result<(), Error> {
        let Ok(_permit) = self.0.try_acquire() else {
            let cause = anyhow::anyhow!("more requests than MAX_CONCURRENT_REQUESTS");
            return Err(Error::Unavailable(cause));
        };
        ctrl.call_next(request, depot, response).await;
        Ok(())
    }
}

/// Request timeout: returns 503 for a request that takes longer than the database limits allow.
pub struct Deadline(pub Duration);

#[handler]
impl Deadline {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) -> Result<(), Error> {
        let next = ctrl.call_next(request, depot, response);
        let outcome = tokio::time::timeout(self.0, next).await;
        outcome
            .map(drop)
            .map_err(|_| Error::Unavailable(anyhow::anyhow!("no response within {:?}", self.0)))
    }
}

/// Returns 503 until the database has been reached and migrated, for which a request waits while the site starts.
#[handler]
pub async fn require_database(depot: &mut Depot) -> Result<(), Error> {
    let prepared = state(depot)?.database.check_prepared().await;
    prepared.map_err(|reason| Error::Unavailable(reason.into()))
}
