//! Security headers of every response: Content-Security-Policy, Strict-Transport-Security and others.

use anyhow::Context as _;
use salvo::http::HeaderMap;
use salvo::http::header::{self, HeaderName, HeaderValue};
use salvo::{Depot, FlowCtrl, Handler, Request};
use salvo::{Response, async_trait};

use crate::config::{BaseUrl, Config};

const HEADERS: [(HeaderName, &str); 5] = [
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

/// One year, as RFC 6797 and OWASP ASVS 5.0, V3.4.1 require; sent over https only.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000; includeSubDomains";

/// Adds the security headers, computed once, to every response, errors and static files included.
pub struct SecurityHeaders(HeaderMap);

impl SecurityHeaders {
    /// # Errors
    /// When a setting makes the Content-Security-Policy an invalid header value.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let policy = content_security_policy(config);
        let policy = HeaderValue::from_str(&policy)
            .with_context(|| format!("invalid Content-Security-Policy {policy:?}"))?;
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        if config.http.base_url.as_ref().is_some_and(BaseUrl::is_https) {
            let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
        Ok(Self(headers))
    }
}

#[async_trait]
impl Handler for SecurityHeaders {
    async fn handle(
        &self,
        _: &mut Request,
        _: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        let headers = response.headers_mut();
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

/// Allows the site's own files, forms and frames only (OWASP ASVS 5.0, V3.4). The sign-out form is
/// redirected to the provider, which a browser treats as a target of the form.
fn content_security_policy(config: &Config) -> String {
    let provider = config
        .sign_in
        .as_ref()
        .map(|sign_in| format!(" {}", sign_in.provider.authority_host.origin()));
    let provider = provider.unwrap_or_default();
    format!(
        "default-src 'self'; base-uri 'none'; form-action 'self'{provider}; frame-ancestors 'none'; object-src 'none'"
    )
}
