//! Rate limits per client IP address: of unsafe requests and of sign-ins.

use salvo::{Depot, Request, handler};

use crate::client_address::ClientAddress;
use crate::extract::state;
use crate::rate_limiter::Limiter;
use crate::response::Error;
use crate::state::AppState;

/// Returns 429 for unsafe requests beyond `RATE_LIMIT_WRITES` per minute from one client address.
#[handler]
pub async fn limit_writes(request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    if request.method().is_safe() {
        return Ok(());
    }
    let state = state(depot)?;
    check(&state.rate_limiters.writes, request, state)
}

/// Returns 429 for sign-ins beyond `RATE_LIMIT_LOGIN` per minute from one client address.
#[handler]
pub async fn limit_sign_ins(request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    let state = state(depot)?;
    check(&state.rate_limiters.sign_in, request, state)
}

/// A direct client is not limited: only an address that a trusted proxy reports is used.
fn check(limiter: &Limiter, request: &Request, state: &AppState) -> Result<(), Error> {
    let trusted = &state.config.http.trusted_proxies;
    match ClientAddress::reported(request, trusted) {
        Some(client) => limiter.check(client).map_err(Error::TooManyRequests),
        None => Ok(()),
    }
}
