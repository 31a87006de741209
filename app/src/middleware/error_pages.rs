//! The site's own page for an error status that the framework has set: unknown address, wrong method.

use salvo::http::StatusCode;
use salvo::{Depot, FlowCtrl, Request, Response, Writer as _, handler};

use crate::response::Error;

/// Renders the error page for an error response without a body.
#[handler]
pub async fn render_error_pages(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    ctrl.call_next(request, depot, response).await;
    let is_error = |status: &StatusCode| status.is_client_error() || status.is_server_error();
    if let Some(status) = response.status_code.filter(is_error)
        && response.body.is_none()
    {
        let error = Error::from_status(status);
        error.write(request, depot, response).await;
    }
}
