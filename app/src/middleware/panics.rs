//! Turns a panic in a handler into the 500 page.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use salvo::{Depot, FlowCtrl, Request, Response, Writer as _, handler};

use crate::response::Error;

/// Returns 500 for a panic in a handler; other requests are not affected.
#[handler]
pub async fn catch_panic(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    let next = AssertUnwindSafe(ctrl.call_next(request, depot, response)).catch_unwind();
    if let Err(panic) = next.await {
        let message = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        let error = Error::Unexpected(anyhow::anyhow!("a handler panicked: {message}"));
        error.write(request, depot, response).await;
    }
}
