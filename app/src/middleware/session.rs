//! Session middleware: finds the session of the request and its user.

use salvo::{Depot, FlowCtrl, Request, Response, handler};

use crate::extract::state;

/// Puts the request's [`RequestSession`](crate::auth::RequestSession) into the depot, where the
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
    let session = sign_in.load_session(request).await;
    let failure = session.user.as_ref().err().cloned();
    depot.insert_typed(session);
    ctrl.call_next(request, depot, response).await;
    // An error response logs this cause itself.
    let is_success = response
        .status_code
        .is_some_and(|status| status.is_success());
    if let Some(cause) = failure.filter(|_| is_success) {
        tracing::warn!(%cause, "failed to read the session; the page was served as to an anonymous visitor");
    }
}
