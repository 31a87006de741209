//! Hoops that keep the site standing: overload, waiting without end, floods from one address.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Writer as _, async_trait};
use tokio::sync::Semaphore;

use crate::client_address::ClientAddress;
use crate::config::TrustedProxies;
use crate::error::Error;

/// Sheds what is beyond the capacity with a quick 503 instead of making everybody wait.
pub struct ShedLoad(Arc<Semaphore>);

impl ShedLoad {
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Semaphore::new(capacity)))
    }
}

#[async_trait]
impl Handler for ShedLoad {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        let Ok(_permit) = self.0.try_acquire() else {
            let error = Error::Unavailable(anyhow::anyhow!(
                "more requests than MAX_CONCURRENT_REQUESTS"
            ));
            error.write(request, depot, response).await;
            return;
        };
        ctrl.call_next(request, depot, response).await;
    }
}

/// Ends a request that the database keeps waiting beyond its own limits.
pub struct Deadline {
    /// For the answer, once the request is there.
    pub answer: Duration,
    /// For the body of a request that has one, before that.
    pub body: Duration,
}

#[async_trait]
impl Handler for Deadline {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        let has_body = !request.method().is_safe();
        let limit = self.answer + if has_body { self.body } else { Duration::ZERO };
        let next = ctrl.call_next(request, depot, response);
        if tokio::time::timeout(limit, next).await.is_err() {
            let error = Error::Unavailable(anyhow::anyhow!("no answer within {limit:?}"));
            error.write(request, depot, response).await;
        }
    }
}

/// Lets so many writes a minute pass from one client address that a trusted front end reports.
pub struct LimitWrites {
    limiter: Option<DefaultKeyedRateLimiter<ClientAddress>>,
    trusted: TrustedProxies,
}

/// Addresses seen lately, beyond which those that have recovered are forgotten.
const REMEMBERED_ADDRESSES: usize = 10_000;

impl LimitWrites {
    /// `per_minute` 0 is off.
    pub fn new(per_minute: u32, trusted: TrustedProxies) -> Self {
        let limiter =
            NonZeroU32::new(per_minute).map(|limit| RateLimiter::keyed(Quota::per_minute(limit)));
        Self { limiter, trusted }
    }

    fn check(&self, request: &Request) -> Result<(), Error> {
        let (Some(limiter), false) = (&self.limiter, request.method().is_safe()) else {
            return Ok(());
        };
        let Some(client) = ClientAddress::reported(request, &self.trusted) else {
            return Ok(());
        };
        if limiter.len() > REMEMBERED_ADDRESSES {
            limiter.retain_recent();
        }
        limiter.check_key(&client).map_err(|wait| {
            Error::TooManyRequests(wait.wait_time_from(DefaultClock::default().now()))
        })
    }
}

#[async_trait]
impl Handler for LimitWrites {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        if let Err(error) = self.check(request) {
            error.write(request, depot, response).await;
        }
    }
}
