//! The OAuth 2.0 redirect URI.

use url::Url;

use super::base_url::{BaseUrl, is_loopback, parse_strictly};
use super::parsers::has_only;

/// The path of the callback unless a redirect URI is set.
pub(super) const DEFAULT_PATH: &str = "/auth/callback";

/// Paths of other pages.
const RESERVED_PATHS: [&str; 4] = ["/", "/auth/login", "/auth/logout", "/auth/profile"];

const RULE: &str = "must be an address such as https://www.example.com/auth/callback, \
                    without user name and fragment; http only for localhost, 127.0.0.1 or [::1]";

/// An absolute URL, kept as it is written because the provider compares it as text.
/// `http` only on this machine (RFC 8252, section 7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    url: Url,
}

impl RedirectUri {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = parse_strictly(text, "\\@#")
            .filter(|url| url.scheme() == "https" || is_loopback(url))
            .filter(|_| !text.contains("/./") && !text.contains("/../"))
            .ok_or(RULE)?;
        let path = url.path();
        if !has_only(path, "/-._~") || path.contains("//") {
            return Err("must have only letters, digits and - . _ ~ in the path".to_owned());
        }
        if RESERVED_PATHS.contains(&path) {
            return Err(format!(
                "must have a path of its own, such as {DEFAULT_PATH}"
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// The URL as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path that the callback is served at.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The origin of this URI, if its host and `host`, of a request, are different names of this machine with the
    /// same port. Browsers keep the cookies of `localhost` and `127.0.0.1` apart.
    pub fn other_loopback_origin(&self, host: &str) -> Option<String> {
        let other = Url::parse(&format!("{}://{host}", self.url.scheme())).ok()?;
        let is_same_site = is_loopback(&self.url)
            && is_loopback(&other)
            && self.url.port_or_known_default() == other.port_or_known_default();
        (is_same_site && self.url.host() != other.host())
            .then(|| self.url.origin().ascii_serialization())
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(super) fn is_at(&self, base_url: &BaseUrl) -> bool {
        self.url.origin().ascii_serialization() == base_url.origin()
    }
}
