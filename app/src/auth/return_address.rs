//! The return address of a sign-in: a page of this site, and never another site (open redirect).

use percent_encoding::percent_decode_str;
use salvo::Request;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// Longer addresses are not returned to, in bytes.
const LENGTH_LIMIT: usize = 2048;

/// The address of the sign-in page that returns to `return_to`.
pub fn sign_in_path(return_to: &str) -> String {
    let next: String = byte_serialize(return_to.as_bytes()).collect();
    format!("/auth/login?next={next}")
}

/// The path and query to return to when this request needs a sign-in: the requested page, or the page
/// of the form that was sent (from `Referer`).
pub fn return_address_of(request: &Request) -> String {
    if request.method().is_safe() {
        let address = request.uri().path_and_query();
        return address.map(ToString::to_string).unwrap_or_default();
    }
    let referer = request.headers().get("referer");
    let page = referer
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| Url::parse(referer).ok());
    page.map_or_else(|| "/".to_owned(), |page| page.path().to_owned())
}

/// The path and query of `address` if it is a page of this site that is not part of a sign-in, else `/`.
///
/// The address is read as browsers read it (WHATWG URL Standard).
pub fn local_path(address: &str, callback_path: &str) -> String {
    parse(address, callback_path).unwrap_or_else(|| "/".to_owned())
}

fn parse(address: &str, callback_path: &str) -> Option<String> {
    let plain = address.starts_with('/')
        && address.len() <= LENGTH_LIMIT
        && !address.contains(|c: char| c == '\\' || c.is_control());
    if !plain {
        return None;
    }
    let site = Url::parse("http://site.invalid").ok()?;
    let url = site.join(address).ok()?;
    let path = url.path();
    // The router decodes the path, and so may a proxy.
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let is_callback = decoded.trim_end_matches('/') == callback_path.trim_end_matches('/');
    let is_profile = decoded == "/auth/profile";
    let is_sign_in = (decoded.starts_with("/auth/") && !is_profile) || is_callback;
    if url.origin() != site.origin() || is_sign_in || looks_like_another_site(&decoded) {
        return None;
    }
    Some(match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

fn looks_like_another_site(decoded: &str) -> bool {
    let second = decoded.chars().nth(1);
    second.is_some_and(|second| matches!(second, '/' | '\\' | ';' | '.') || second.is_control())
}

#[cfg(test)]
mod tests {
    fn local_path(address: &str) -> String {
        super::local_path(address, "/signin-oidc")
    }

    #[test]
    fn a_page_of_this_site_is_kept_with_its_query() {
        for (address, path) in [
            ("/", "/"),
            ("/protected?x=1&y=%20ü#f", "/protected?x=1&y=%20%C3%BC"),
            ("/details/7?after=1~2", "/details/7?after=1~2"),
            ("/auth/profile", "/auth/profile"),
            (
                "/a?next=https://evil.example/",
                "/a?next=https://evil.example/",
            ),
        ] {
            assert_eq!(local_path(address), path);
        }
    }

    #[test]
    fn every_other_address_becomes_the_home_page() {
        for address in [
            "",
            "x",
            "//evil",
            "/\\evil",
            "/%09/evil",
            "/%0a/evil",
            "\\\\evil",
            "https:evil",
            "/%2f%2fevil",
            "/.//evil",
            "http://good@evil",
            "javascript:alert(1)",
            " /x",
            "%00//evil",
            "/%00//evil",
            "/;@evil",
            "/\t/evil",
            "/\n/evil",
            "///evil",
            "/..//evil",
            "/%5cevil",
            "/auth/login",
            "/auth/logout",
            "/auth/profile/",
            "/auth/profile2",
            "/auth/callback?code=1",
            "/a/..//evil",
            "/%61uth/logout",
            "/signin-oidc?code=1",
            "/signin%2doidc",
            "/signin-oidc/",
            "/signin-oidc//?code=1",
        ] {
            assert_eq!(local_path(address), "/", "{address:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(8192))), "/");
    }
}
