//! Session middleware: finds the session of the request and its user, or the user of its bearer token.

use salvo::http::header::AUTHORIZATION;
use salvo::{Depot, FlowCtrl, Request, Response, Writer as _, handler};

use crate::auth::{BearerError, RequestSession, SignIn};
use crate::current_user::CurrentUser;
use crate::extract::state;
use crate::response::Error;

/// The scheme of `Authorization` for bearer tokens (RFC 6750, section 2.1), in lower case.
const BEARER: &str = "bearer ";

/// Puts the request's [`RequestSession`] into the depot, where the
/// extractor `Visitor` and the layout find it.
#[handler]
pub async fn load_session(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    let sign_in = state(depot).ok().and_then(|state| state.sign_in.clone());
    let Some(sign_in) = sign_in else {
        return;
    };
    let session = match load_bearer(&sign_in, request).await {
        None => sign_in.load_session(request).await,
        Some(Ok(user)) => RequestSession {
            id: None,
            user: Ok(Some(user)),
        },
        Some(Err(error)) => {
            Error::from(error).write(request, depot, response).await;
            ctrl.skip_rest();
            return;
        }
    };
    let failure = session.user.as_ref().err().cloned();
    depot.insert_typed(session);
    ctrl.call_next(request, depot, response).await;
    // An error response logs this cause itself.
    let is_success = response
        .status_code
        .is_some_and(|status| status.is_success());
    if let Some(cause) = failure.filter(|_| is_success) {
        tracing::warn!(%cause, "failed to read the session; the visitor is treated as anonymous");
    }
}

/// The user of the bearer token; `None` without one. Tokens are for the API: a page ignores them.
async fn load_bearer(
    sign_in: &SignIn,
    request: &Request,
) -> Option<Result<CurrentUser, BearerError>> {
    let value = request.headers().get(AUTHORIZATION)?;
    if !request.uri().path().starts_with("/api/") {
        return None;
    }
    let token = value.to_str().ok().and_then(|value| {
        let scheme = value.get(..BEARER.len())?;
        scheme
            .eq_ignore_ascii_case(BEARER)
            .then(|| value[BEARER.len()..].trim())
    });
    let token = token.ok_or_else(|| BearerError::Invalid("it is not a bearer token".to_owned()));
    Some(match token {
        Ok(token) => sign_in.authenticate(token).await,
        Err(error) => Err(error),
    })
}
