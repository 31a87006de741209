//! Requests whose target could be read in two ways: several `Host` headers, or doubled slashes in the path.

use salvo::http::StatusCode;
use salvo::http::header::HOST;
use salvo::http::uri::{Authority, PathAndQuery};
use salvo::writing::Redirect;
use salvo::{Depot, FlowCtrl, Request, Response, Scribe as _, Writer as _, handler};

use crate::auth::return_address::local_path;
use crate::extract::state;
use crate::response::Error;

/// Answers 400 unless there is exactly one valid `Host` (RFC 9112, section 3.2). The router reads doubled slashes as
/// one: a page at such a path is redirected to its own address, so that every middleware sees the same path.
#[handler]
pub async fn check_target(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    let error = if !has_valid_host(request) {
        Error::BadRequest("The request needs exactly one valid Host header.")
    } else if !request.uri().path().contains("//") {
        return;
    } else if let Some(address) = single_slash_address(request, depot) {
        Redirect::with_status_code(StatusCode::PERMANENT_REDIRECT, address)
            .unwrap_or_else(|_| Redirect::other("/"))
            .render(response);
        ctrl.skip_rest();
        return;
    } else {
        Error::NotFound
    };
    error.write(request, depot, response).await;
    ctrl.skip_rest();
}

/// HTTP/1.0 has no `Host`, and an empty one is valid.
fn has_valid_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < salvo::http::Version::HTTP_11,
        (Some(host), None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        (Some(_), Some(_)) => false,
    }
}

/// The address of the page with single slashes; `None` for another method, and where that is no page of this site.
fn single_slash_address(request: &Request, depot: &Depot) -> Option<String> {
    let sign_in = state(depot).ok()?.sign_in.as_ref();
    let callback_path = sign_in.map_or("", |sign_in| sign_in.callback_path());
    let address = request.uri().path_and_query().map(PathAndQuery::as_str)?;
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut address: String = segments
        .clone()
        .flat_map(|segment| ["/", segment])
        .collect();
    // `//example.com/` is the address of another site as browsers read it.
    let looks_like_host = segments
        .next()
        .is_some_and(|first| first.contains(['.', ':', '@']));
    if path.ends_with('/') {
        address.push('/');
    }
    if !query.is_empty() {
        address = format!("{address}?{query}");
    }
    let is_page = request.method().is_safe()
        && !looks_like_host
        && local_path(&address, callback_path) == address;
    is_page.then_some(address)
}
