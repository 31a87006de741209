//! Where a visitor goes after the sign-in: back to a page of this site, and never anywhere else.

use url::Url;

/// Longer addresses are not ours.
const LENGTH_LIMIT: usize = 2048;

/// The path and query of `address` if it is a page of this site, else `/`.
///
/// What a browser would make of the address decides (WHATWG URL Standard): it must stay on its own site.
pub(super) fn local_path(address: &str) -> String {
    parse(address).unwrap_or_else(|| "/".to_owned())
}

fn parse(address: &str) -> Option<String> {
    let plain = address.starts_with('/')
        && address.len() <= LENGTH_LIMIT
        && !address.contains(|c: char| c == '\\' || c.is_control());
    if !plain {
        return None;
    }
    let site = Url::parse("http://site.invalid").ok()?;
    let url = site.join(address).ok()?;
    let path = url.path();
    let misleading = path.starts_with("//") || encodes_a_slash(path) || path.starts_with("/auth/");
    if url.origin() != site.origin() || misleading {
        return None;
    }
    Some(match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

/// A path that begins like another site once somebody on the way has decoded it.
fn encodes_a_slash(path: &str) -> bool {
    let second = path[1..].to_ascii_lowercase();
    ["%2f", "%5c", "%09", "%0a", "%0d", "%00", ";", "."]
        .iter()
        .any(|start| second.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::local_path;

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
        ] {
            assert_eq!(local_path(address), "/", "{address:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(8192))), "/");
    }
}
