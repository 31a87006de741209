//! Hoops that protect every route: headers, panics, foreign sites, overload, floods.

mod access;
mod load;

pub use access::{require_role, require_user, require_user_as_configured, require_user_to_write};
pub use load::{Deadline, LimitRequests, ShedLoad, receive_body};

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use salvo::http::StatusCode;
use salvo::http::header::{self, HeaderName, HeaderValue};
use salvo::{Depot, FlowCtrl, Request, Response, Writer as _, handler};

use crate::config::{BaseUrl, Config};
use crate::extract::state;
use crate::response::Error;

const HEADERS: [(HeaderName, &str); 5] = [
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// One year, as RFC 6797 and ASVS V3.4.1 want it; on https alone.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000; includeSubDomains";

/// The headers of every answer, errors and files too.
#[handler]
pub async fn security_headers(depot: &mut Depot, response: &mut Response) -> Result<(), Error> {
    let config = &state(depot)?.config;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(config)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if config.http.base_url.as_ref().is_some_and(BaseUrl::is_https) {
        let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    Ok(())
}

/// Only our own files, forms and frames (OWASP ASVS 5.0, V3.4). The form that signs out is redirected
/// to the provider, which a browser counts as a target of the form.
fn content_security_policy(config: &Config) -> String {
    let provider = config
        .sign_in
        .as_ref()
        .map(|sign_in| format!(" {}", sign_in.provider.authority_host.origin()));
    let provider = provider.unwrap_or_default();
    format!(
        "default-src 'self'; base-uri 'none'; form-action 'self'{provider}; frame-ancestors 'none'; object-src 'none'"
    )
}

/// Turns a panic into our 500 page; the other requests never notice.
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
            .unwrap_or_else(|| "without a message".to_owned());
        let error = Error::Unexpected(anyhow::anyhow!("a handler panicked: {message}"));
        error.write(request, depot, response).await;
    }
}

/// Refuses a request head beyond its limit with a page: the server itself reads on to the end of a
/// buffer before it hangs up.
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

/// Refuses an unsafe request that another site's page has sent, by what the browser says of its
/// origin. A client that says nothing is no browser and has no visitor's rights to misuse.
#[handler]
pub async fn same_origin(request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
    if request.method().is_safe() {
        return Ok(());
    }
    let base_url = state(depot)?.config.http.base_url.as_ref();
    let is_ours = |origin: &str| match base_url {
        Some(base_url) => origin.eq_ignore_ascii_case(&base_url.origin()),
        None => header_text(request, &header::HOST).is_some_and(|host| {
            origin
                .split_once("://")
                .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
        }),
    };
    let allowed =
        if let Some(site) = header_text(request, &HeaderName::from_static("sec-fetch-site")) {
            matches!(site, "same-origin" | "none")
        } else if let Some(origin) = header_text(request, &header::ORIGIN) {
            is_ours(origin)
        } else if let Some(referer) = header_text(request, &header::REFERER) {
            url::Url::parse(referer).is_ok_and(|url| is_ours(&url.origin().ascii_serialization()))
        } else {
            true
        };
    allowed.then_some(()).ok_or(Error::Forbidden(
        "This form was sent from another site. Please fill it in here.",
    ))
}

/// A header's text; one that is no text is as foreign as can be.
fn header_text<'a>(request: &'a Request, name: &HeaderName) -> Option<&'a str> {
    request
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap_or("null"))
}

/// Puts a request off until the database has been reached and migrated.
#[handler]
pub async fn require_database(depot: &mut Depot) -> Result<(), Error> {
    if state(depot)?.database.is_migrated() {
        return Ok(());
    }
    Err(Error::Unavailable(anyhow::anyhow!(
        "the database has not been reached and migrated yet"
    )))
}
