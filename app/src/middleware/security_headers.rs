//! Security headers of every response: Content-Security-Policy, Strict-Transport-Security and others.

use salvo::http::HeaderMap;
use salvo::http::header::{self, HeaderName, HeaderValue};
use salvo::{Response, handler};

use crate::config::Config;

/// Allows the site's own pictures, style sheets and form targets, and nothing else (OWASP ASVS 5.0, V3.4).
///
/// Browsers apply `form-action` to every redirect of a form's response too. No form's response redirects to another
/// site, so that no provider needs to be listed: see `auth_routes::handlers::sign_out` and `Error::SignInRequired`.
const PAGES_POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, PAGES_POLICY),
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

/// HSTS for one year (RFC 6797; OWASP ASVS 5.0, V3.4.1 requires a year); sent over https only.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000; includeSubDomains";

/// Adds the security headers, computed once, to every response, errors and static files included.
pub struct SecurityHeaders(HeaderMap);

impl SecurityHeaders {
    pub fn new(config: &Config) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if config.http.is_https() {
            let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
        Self(headers)
    }
}

#[handler]
impl SecurityHeaders {
    fn handle(&self, response: &mut Response) {
        let headers = response.headers_mut();
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

/// Middleware: another Content-Security-Policy for its routes than `PAGES_POLICY`.
pub struct ContentSecurityPolicy(pub &'static str);

#[handler]
impl ContentSecurityPolicy {
    fn handle(&self, response: &mut Response) {
        let policy = HeaderValue::from_static(self.0);
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_may_have_a_policy_of_its_own() {
        let site = HeaderValue::from_static(PAGES_POLICY);
        let site = HeaderMap::from_iter([(header::CONTENT_SECURITY_POLICY, site)]);
        let own = "default-src 'none'; script-src 'self'";
        let mut response = Response::new();
        SecurityHeaders(site).handle(&mut response);
        ContentSecurityPolicy(own).handle(&mut response);
        let policies = response.headers().get_all(header::CONTENT_SECURITY_POLICY);
        assert_eq!(policies.iter().collect::<Vec<_>>(), [own]);
    }
}
