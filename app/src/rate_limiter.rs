//! Rate limiters: requests per minute from each client IP address, kept in memory.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::client_address::ClientAddress;
use crate::config::Config;

/// How often client addresses that are below their limit again are removed.
const CLEAN_UP_INTERVAL: Duration = Duration::from_mins(1);

/// The rate limiters of this instance.
pub struct RateLimiters {
    /// Unsafe requests, `RATE_LIMIT_WRITES`.
    pub writes: Limiter,
    /// Requests that start a sign-in, `RATE_LIMIT_LOGIN`.
    pub sign_in: Limiter,
}

impl RateLimiters {
    pub fn new(config: &Config) -> Self {
        let sign_in = config.sign_in.as_ref();
        Self {
            writes: Limiter::per_minute(config.http.rate_limit_writes),
            sign_in: Limiter::per_minute(
                sign_in.map_or(0, |sign_in| sign_in.settings.rate_limit_login),
            ),
        }
    }

    /// Removes client addresses that are below their limit again, once a minute.
    pub async fn clean_up_periodically(&self) {
        let mut interval = tokio::time::interval(CLEAN_UP_INTERVAL);
        loop {
            interval.tick().await;
            self.writes.clean_up();
            self.sign_in.clean_up();
        }
    }
}

/// One rate limiter; `None` where there is no limit.
pub struct Limiter(Option<DefaultKeyedRateLimiter<ClientAddress>>);

impl Limiter {
    /// A limit of 0 is no limit.
    fn per_minute(limit: u32) -> Self {
        let quota = NonZeroU32::new(limit).map(Quota::per_minute);
        Self(quota.map(DefaultKeyedRateLimiter::keyed))
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long the client must wait, if it is beyond its limit.
    pub fn check(&self, client: ClientAddress) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        limiter
            .check_key(&client)
            .map_err(|wait| wait.wait_time_from(DefaultClock::default().now()))
    }

    fn clean_up(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}
