//! Requests with an ambiguous target: several `Host` headers, or doubled slashes in the path.

use salvo::http::Version;
use salvo::http::header::HOST;
use salvo::http::uri::Authority;
use salvo::{Request, handler};

use crate::response::Error;

/// Returns 400 unless there is exactly one valid `Host` (RFC 9112, section 3.2), and 404 for a path with doubled
/// slashes: the router reads them as one, while middleware and proxies see two.
#[handler]
pub async fn check_target(request: &mut Request) -> Result<(), Error> {
    if !has_valid_host(request) {
        return Err(Error::BadRequest(
            "The request needs exactly one valid Host header.",
        ));
    }
    if request.uri().path().contains("//") {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// HTTP/1.0 has no `Host`, and an empty one is valid.
fn has_valid_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        (Some(_), Some(_)) => false,
    }
}
