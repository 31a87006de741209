//! Cookies that any visitor may have: reading by name, and the attributes `HttpOnly`, `SameSite=Lax` and `Secure`.
//!
//! Their values are neither secret nor trusted. `auth::cookies` has the signed cookies of sign-in.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use salvo::Request;
use salvo::http::header::COOKIE;

/// The prefix over https: no other host of the domain can set such a cookie (RFC 6265bis, section 4.1.3.2).
const PREFIX: &str = "__Host-";

/// A cookie for every path of this site; `is_https` is the scheme of `BASE_URL`. A lifetime of zero removes it.
pub fn build(name: &str, value: &str, lifetime: Duration, is_https: bool) -> Cookie<'static> {
    let prefix = if is_https { PREFIX } else { "" };
    Cookie::build((format!("{prefix}{name}"), value.to_owned()))
        .path("/")
        .max_age(lifetime)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https)
        .build()
}

/// The value of the request's first cookie of this name, with or without the prefix.
pub fn read<'a>(request: &'a Request, name: &str) -> Option<&'a [u8]> {
    let headers = request.headers().get_all(COOKIE).iter();
    headers
        // Each pair separately: a cookie of another program may be malformed.
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .map(|pair| pair.strip_prefix(PREFIX.as_bytes()).unwrap_or(pair))
        .find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}
