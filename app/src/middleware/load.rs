//! Hoops that keep the site standing: overload, waiting without end, floods from one address.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Writer as _, async_trait, handler};
use tokio::sync::Semaphore;

use crate::client_address::ClientAddress;
use crate::config::TrustedProxies;
use crate::extract::{read_body, state};
use crate::response::Error;

/// Reads the body before anything is set aside for the request, so that a slow client holds nothing
/// but its connection.
#[handler]
pub async fn receive_body(request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    if !request.method().is_safe() {
        read_body(request, &state(depot)?.config.http).await?;
    }
    Ok(())
}

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
pub struct Deadline(pub Duration);

#[async_trait]
impl Handler for Deadline {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        let next = ctrl.call_next(request, depot, response);
        if tokio::time::timeout(self.0, next).await.is_err() {
            let error = Error::Unavailable(anyhow::anyhow!("no answer within {:?}", self.0));
            error.write(request, depot, response).await;
        }
    }
}

/// Lets so many requests a minute pass from one client address that a trusted front end reports.
pub struct LimitRequests {
    unsafe_only: bool,
    limiter: Option<DefaultKeyedRateLimiter<ClientAddress>>,
    trusted: TrustedProxies,
}

/// Addresses seen lately, beyond which those that have recovered are forgotten.
const REMEMBERED_ADDRESSES: usize = 10_000;

impl LimitRequests {
    /// Counts forms; `per_minute` 0 is off.
    pub fn writes(per_minute: u32, trusted: TrustedProxies) -> Self {
        Self {
            unsafe_only: true,
            ..Self::all(per_minute, trusted)
        }
    }

    /// Counts every request; `per_minute` 0 is off.
    pub fn all(per_minute: u32, trusted: TrustedProxies) -> Self {
        let limiter =
            NonZeroU32::new(per_minute).map(|limit| RateLimiter::keyed(Quota::per_minute(limit)));
        Self {
            unsafe_only: false,
            limiter,
            trusted,
        }
    }

    fn check(&self, request: &Request) -> Result<(), Error> {
        let passed_over = self.unsafe_only && request.method().is_safe();
        let (Some(limiter), false) = (&self.limiter, passed_over) else {
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
impl Handler for LimitRequests {
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
