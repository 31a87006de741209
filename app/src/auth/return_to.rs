//! Where a visitor goes after the sign-in: back to a page of this site, and never anywhere else.

use percent_encoding::percent_decode_str;
use url::Url;

/// Longer addresses are not ours.
const LENGTH_LIMIT: usize = 2048;

/// The path and query of `address` if it is a page of this site, else `/`; so the addresses of sign-in
/// itself, the callback's too, are none to go to.
///
/// What a browser would make of the address decides (WHATWG URL Standard): it must stay on its own site.
pub(super) fn local_path(address: &str, callback_path: &str) -> String {
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
    // The router decodes a path, and so may somebody on the way.
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let ends_there = |path: &str| path.trim_end_matches('/') == callback_path.trim_end_matches('/');
    let is_sign_in = decoded.starts_with("/auth/") || ends_there(&decoded);
    if url.origin() != site.origin() || is_sign_in || begins_like_another_site(&decoded) {
        return None;
    }
    Some(match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

fn begins_like_another_site(decoded: &str) -> bool {
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
            (
                "/a?next=https://evil.example/",
                "/a?next=https://evil.example/",
            ),
        ] {
            assert_eq!(local_path(address), path);
        }
    }

    #[test]
    fn every_other_address_becomes_the_start_page() {
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
