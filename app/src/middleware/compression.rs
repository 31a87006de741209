//! Compresses responses by the client's `Accept-Encoding`.

use salvo::http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, VARY};
use salvo::http::{HeaderMap, ResBody};
use salvo::{Depot, FlowCtrl, Request, Response, handler};

use crate::compression::{Effort, Encoding};

/// In bytes: compression of a smaller body does not save a packet.
const MIN_LENGTH: usize = 1024;

/// Compresses the body of a response unless it is small, compressed already or of a binary type.
#[handler]
pub async fn compress(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    ctrl.call_next(request, depot, response).await;
    let headers = response.headers();
    if headers.contains_key(CONTENT_ENCODING) || has_strong_tag(headers) || !is_text(headers) {
        return;
    }
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(VARY, vary);
    let encoding = Encoding::negotiate(request.headers(), Effort::Fast);
    let (Some(value), ResBody::Once(body)) = (encoding.header_value(), &response.body) else {
        return;
    };
    if body.len() < MIN_LENGTH {
        return;
    }
    match encoding.compress(body, Effort::Fast) {
        Ok(compressed) => {
            response.headers_mut().insert(CONTENT_ENCODING, value);
            response.body(compressed);
        }
        Err(cause) => tracing::warn!(%cause, "failed to compress a response"),
    }
}

/// Whether an entity tag is strong, and so stands for exactly these bytes (RFC 9110, section 8.8.1).
fn has_strong_tag(headers: &HeaderMap) -> bool {
    let tag = headers.get(ETAG);
    tag.is_some_and(|tag| !tag.as_bytes().starts_with(b"W/"))
}

/// Whether the media type is one of text, which compresses well.
fn is_text(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| {
        media_type.starts_with("text/") || media_type.contains("json") || media_type.contains("xml")
    })
}
