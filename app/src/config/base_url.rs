//! The public origin of the site.

use url::{Host, Url};

/// An `http` or `https` origin: no path, query, fragment or user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Parses an origin; a single `/` at its end is accepted.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        parse_strictly(text.strip_suffix('/').unwrap_or(text), "/\\@?#")
            .map(Self)
            .ok_or("must be an origin such as https://www.example.com, without a path")
    }

    /// Parses the origin of a service that receives secrets: `http` only on this machine.
    pub(super) fn parse_service(text: &str) -> Result<Self, &'static str> {
        let origin = Self::parse(text).ok();
        origin
            .filter(|origin| origin.is_https() || is_loopback(&origin.0))
            .ok_or("must be an origin such as https://login.example.com, without a path; http only for localhost")
    }

    /// `https://host`, with `:port` unless it is the scheme's own, and no slash at the end.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// Parses an `http` or `https` URL without the `refused` characters after its scheme. The URL parser repairs
/// whitespace, backslashes, empty user names and missing slashes, which are mistakes here.
pub(super) fn parse_strictly(text: &str, refused: &str) -> Option<Url> {
    let rest = text.strip_prefix("http://");
    let rest = rest.or_else(|| text.strip_prefix("https://"))?;
    let is_refused = |c: char| c.is_whitespace() || c.is_control() || refused.contains(c);
    if rest.starts_with('/') || rest.contains(is_refused) {
        return None;
    }
    Url::parse(text).ok()
}

/// Whether the URL's host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_without_its_default_port_or_a_slash() {
        for (text, origin) in [
            ("https://example.com", "https://example.com"),
            ("https://example.com/", "https://example.com"),
            ("https://EXAMPLE.com:443", "https://example.com"),
            ("http://localhost:8000", "http://localhost:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().origin(), origin);
        }
        assert!(BaseUrl::parse("https://example.com").unwrap().is_https());
        assert!(!BaseUrl::parse("http://example.com").unwrap().is_https());
    }

    #[test]
    fn anything_but_an_origin_is_refused() {
        for text in [
            "example.com",
            "//example.com",
            "ftp://example.com",
            "https:example.com",
            "https://",
            "https:///",
            "https://example.com/path",
            "https://example.com//",
            "https://example.com?",
            "https://example.com/#a",
            "https://user@example.com",
            "https://@example.com",
            "https://exa mple.com",
            "https://example.com\\",
            "https://example.com\n",
            "https://example.com:99999",
            "javascript://example.com",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_service_is_reached_over_https_or_on_this_machine() {
        for text in [
            "https://login.example.com",
            "http://localhost:8080",
            "http://127.0.0.9",
            "http://[::1]:1",
        ] {
            assert!(BaseUrl::parse_service(text).is_ok(), "{text}");
        }
        for text in [
            "http://login.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "https://a/b",
        ] {
            assert!(BaseUrl::parse_service(text).is_err(), "{text}");
        }
    }
}
