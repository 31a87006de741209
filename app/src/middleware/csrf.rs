//! Cross-site request forgery (CSRF) protection by the browser's `Sec-Fetch-Site` and `Origin` headers.

use salvo::http::header::{self, HeaderName};
use salvo::{Depot, Request, handler};

use crate::extract::state;
use crate::response::Error;

/// Rejects an unsafe request that a page of another site has sent: 403. A client that sends none of
/// `Sec-Fetch-Site`, `Origin` and `Referer` is not a browser, so there is no session of a user to misuse.
#[handler]
pub async fn reject_cross_site_requests(
    request: &mut Request,
    depot: &mut Depot,
) -> Result<(), Error> {
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
    if allowed {
        return Ok(());
    }
    Err(Error::Forbidden(
        "This form was sent from another site. Fill it in on this site.",
    ))
}

/// The value of a header; `null`, which is never our origin, if it is not text.
fn header_text<'a>(request: &'a Request, name: &HeaderName) -> Option<&'a str> {
    request
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap_or("null"))
}
