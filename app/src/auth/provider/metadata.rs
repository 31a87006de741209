//! The provider's description of itself (OpenID Connect Discovery 1.0), checked before it is believed.

use serde::Deserialize;
use url::Url;

use crate::auth::error::SignInError;
use crate::config::{AllowedTenants, ProviderConfig};

/// Where Microsoft Entra writes the tenant of the token, when many tenants share one document.
const TENANT_TEMPLATE: &str = "{tenantid}";

/// The parts of the document that are used here.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// # Errors
    /// When it is not the document of the configured authority and tenant.
    pub(crate) fn parse(body: &[u8], config: &ProviderConfig) -> Result<Self, SignInError> {
        let metadata: Self = serde_json::from_slice(body)
            .map_err(|_| SignInError::provider("its metadata lack something or are malformed"))?;
        let authority = config.authority_host.origin();
        let tenant = metadata
            .issuer
            .strip_prefix(&authority)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.trim_end_matches('/').strip_suffix("/v2.0"));
        let tenant = tenant.ok_or_else(|| {
            SignInError::provider("its metadata name another issuer than AZURE_AUTHORITY_HOST")
        })?;
        if is_tenant_id(&config.tenant) && !tenant.eq_ignore_ascii_case(&config.tenant) {
            return Err(SignInError::provider(
                "its metadata are those of another tenant",
            ));
        }
        let stands_for_many = config.allowed_tenants != AllowedTenants::Own;
        if !(is_tenant_id(tenant) || (stands_for_many && tenant == TENANT_TEMPLATE)) {
            return Err(SignInError::provider("its metadata name no tenant"));
        }
        let https = config.authority_host.is_https();
        let secure = metadata
            .endpoints()
            .all(|url| url.scheme() == "https" || (url.scheme() == "http" && !https));
        secure
            .then_some(metadata)
            .ok_or_else(|| SignInError::provider("its metadata name an address without https"))
    }

    /// The issuer that a token of this tenant must name.
    pub(crate) fn issuer_of(&self, tenant_id: &str) -> String {
        self.issuer.replace(TENANT_TEMPLATE, tenant_id)
    }

    /// Whether an authorization response may name this issuer (RFC 9207).
    pub(crate) fn accepts_issuer(&self, issuer: Option<&str>) -> bool {
        match (issuer, self.issuer.split_once(TENANT_TEMPLATE)) {
            (None, _) => !self.authorization_response_iss_parameter_supported,
            (Some(issuer), None) => issuer == self.issuer,
            (Some(issuer), Some((before, after))) => issuer
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(is_tenant_id),
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn authorization_endpoint(&self) -> &Url {
        &self.authorization_endpoint
    }

    pub(crate) fn token_endpoint(&self) -> &Url {
        &self.token_endpoint
    }

    pub(crate) fn end_session_endpoint(&self) -> Option<&Url> {
        self.end_session_endpoint.as_ref()
    }

    pub(super) fn keys_url(&self) -> &str {
        self.jwks_uri.as_str()
    }

    fn endpoints(&self) -> impl Iterator<Item = &Url> {
        [
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.jwks_uri,
        ]
        .into_iter()
        .chain(self.end_session_endpoint.as_ref())
    }
}

/// Whether the text is a tenant's id, a GUID.
pub(in crate::auth) fn is_tenant_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}
