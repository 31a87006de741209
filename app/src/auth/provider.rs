//! The identity provider: metadata (OpenID Connect Discovery 1.0), signing keys and their JWKS refresh.
//!
//! Both are fetched when first needed and cached for a day. A token with an unknown key causes a refresh.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet};
use openidconnect::{HttpRequest, JsonWebKey as _, JsonWebKeyUse};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::error::SignInError;
use crate::config::{SignInConfig, guid};
use crate::outbound::BoundedClient;

/// Metadata and keys are fetched again at this age.
const MAX_AGE: Duration = Duration::from_hours(24);

/// Time between two JWKS refreshes for an unknown key, so that forged tokens cannot make the site
/// flood the provider. A failed refresh does not count.
const REFRESH_INTERVAL: Duration = Duration::from_mins(1);

/// Microsoft Entra ID, or another provider with the same protocol.
pub(super) struct IdentityProvider {
    config: Arc<SignInConfig>,
    metadata: Mutex<Cached<Arc<Metadata>>>,
    keys: Mutex<Cached<Keys>>,
    last_refresh: Mutex<Option<Instant>>,
}

/// The last successful fetch, and the last failure for the requests that waited for it.
struct Cached<T> {
    value: Option<(T, Instant)>,
    failure: Option<(SignInError, Instant)>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self {
            value: None,
            failure: None,
        }
    }
}

impl<T: Clone> Cached<T> {
    /// The result without a fetch, if there is one, for a request that has waited since `since`.
    fn get(&self, since: Instant) -> Option<Result<T, SignInError>> {
        let fresh = self.value.as_ref().filter(|(_, at)| at.elapsed() < MAX_AGE);
        fresh
            .map(|(value, _)| Ok(value.clone()))
            .or_else(|| self.failure_since(since).map(Err))
    }

    fn failure_since(&self, since: Instant) -> Option<SignInError> {
        let failure = self.failure.as_ref().filter(|(_, at)| *at >= since);
        failure.map(|(error, _)| error.clone())
    }

    fn store(&mut self, result: &Result<T, SignInError>) {
        match result {
            Ok(value) => self.value = Some((value.clone(), Instant::now())),
            Err(error) => self.failure = Some((error.clone(), Instant::now())),
        }
    }
}

impl IdentityProvider {
    pub(super) fn new(config: Arc<SignInConfig>) -> Self {
        Self {
            config,
            metadata: Mutex::default(),
            keys: Mutex::default(),
            last_refresh: Mutex::default(),
        }
    }

    pub(super) fn config(&self) -> &SignInConfig {
        &self.config
    }

    /// The metadata. Concurrent requests share one fetch and its failure.
    pub(super) async fn metadata(
        &self,
        calls: &BoundedClient,
    ) -> Result<Arc<Metadata>, SignInError> {
        let since = Instant::now();
        let mut cached = calls.wait(self.metadata.lock()).await?;
        if let Some(result) = cached.get(since) {
            return result;
        }
        let result = self.fetch_metadata(calls).await.map(Arc::new);
        cached.store(&result);
        result
    }

    /// The signing keys, at most a day old.
    pub(super) async fn keys(
        &self,
        calls: &BoundedClient,
        metadata: &Metadata,
    ) -> Result<Keys, SignInError> {
        let since = Instant::now();
        let mut cached = calls.wait(self.keys.lock()).await?;
        if let Some(result) = cached.get(since) {
            return result;
        }
        fetch_keys(calls, metadata, &mut cached).await
    }

    /// JWKS refresh for a token whose key is not among the known ones. `None` within
    /// [`REFRESH_INTERVAL`] of the last refresh.
    pub(super) async fn newer_keys(
        &self,
        calls: &BoundedClient,
        metadata: &Metadata,
        known: &Keys,
    ) -> Result<Option<Keys>, SignInError> {
        let since = Instant::now();
        let mut cached = calls.wait(self.keys.lock()).await?;
        let newer = cached
            .value
            .as_ref()
            .filter(|(keys, _)| keys.is_newer_than(known));
        if let Some((newer, _)) = newer {
            return Ok(Some(newer.clone()));
        }
        if let Some(error) = cached.failure_since(since) {
            return Err(error);
        }
        let mut last_refresh = self.last_refresh.lock().await;
        if last_refresh.is_some_and(|at| at.elapsed() < REFRESH_INTERVAL) {
            return Ok(None);
        }
        let keys = fetch_keys(calls, metadata, &mut cached).await?;
        *last_refresh = Some(Instant::now());
        Ok(Some(keys))
    }

    async fn fetch_metadata(&self, calls: &BoundedClient) -> Result<Metadata, SignInError> {
        let authority = self.config.settings.azure_authority_host.origin();
        let tenant = &self.config.tenant;
        let url = format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration");
        let body = get_json(calls, &url).await?;
        Metadata::parse(&body, &self.config)
    }
}

async fn fetch_keys(
    calls: &BoundedClient,
    metadata: &Metadata,
    cached: &mut Cached<Keys>,
) -> Result<Keys, SignInError> {
    let result = get_json(calls, metadata.jwks_uri()).await.and_then(|body| {
        let known = cached.value.as_ref().map(|(keys, _)| keys);
        Keys::parse(&body, known, Instant::now())
    });
    cached.store(&result);
    result
}

async fn get_json(calls: &BoundedClient, url: &str) -> Result<Vec<u8>, SignInError> {
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url
        .parse()
        .map_err(|_| SignInError::provider("an address in its metadata is malformed"))?;
    let response = calls.send(request).await?;
    if !response.status().is_success() {
        return Err(SignInError::Provider(format!(
            "its metadata or JWKS endpoint returned {}",
            response.status().as_u16()
        )));
    }
    Ok(response.into_body())
}

/// Microsoft Entra's placeholder for the token's tenant in the issuer of a document for many tenants.
const TENANT_TEMPLATE: &str = "{tenantid}";

/// The used members of the metadata document, validated.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
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
    /// When it is not the metadata of the configured authority and tenant.
    pub(super) fn parse(body: &[u8], config: &SignInConfig) -> Result<Self, SignInError> {
        let metadata: Self = serde_json::from_slice(body)
            .map_err(|_| SignInError::provider("its metadata is incomplete or malformed"))?;
        let authority_host = &config.settings.azure_authority_host;
        let authority = authority_host.origin();
        let tenant = metadata
            .issuer
            .strip_prefix(&authority)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.trim_end_matches('/').strip_suffix("/v2.0"));
        let tenant = tenant.ok_or_else(|| {
            SignInError::provider("the issuer in its metadata is not at AZURE_AUTHORITY_HOST")
        })?;
        if is_guid(&config.tenant) && !tenant.eq_ignore_ascii_case(&config.tenant) {
            return Err(SignInError::provider(
                "the issuer in its metadata is another tenant",
            ));
        }
        let is_multi_tenant = config.settings.azure_allowed_tenants.is_some();
        if !(is_guid(tenant) || (is_multi_tenant && tenant == TENANT_TEMPLATE)) {
            return Err(SignInError::provider(
                "the issuer in its metadata has no tenant",
            ));
        }
        let https = authority_host.is_https();
        let secure = metadata
            .endpoints()
            .all(|url| url.scheme() == "https" || (url.scheme() == "http" && !https));
        if !secure {
            return Err(SignInError::provider(
                "an endpoint in its metadata has no https",
            ));
        }
        Ok(metadata)
    }

    /// The issuer of this tenant's tokens.
    pub(super) fn issuer_of(&self, tenant_id: &str) -> String {
        self.issuer.replace(TENANT_TEMPLATE, tenant_id)
    }

    /// Whether an authorization response may have this `iss` parameter (RFC 9207).
    pub(super) fn accepts_issuer(&self, issuer: Option<&str>) -> bool {
        match (issuer, self.issuer.split_once(TENANT_TEMPLATE)) {
            (None, _) => !self.authorization_response_iss_parameter_supported,
            (Some(issuer), None) => issuer == self.issuer,
            (Some(issuer), Some((before, after))) => issuer
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(is_guid),
        }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn authorization_endpoint(&self) -> &Url {
        &self.authorization_endpoint
    }

    pub(super) fn token_endpoint(&self) -> &Url {
        &self.token_endpoint
    }

    pub(super) fn end_session_endpoint(&self) -> Option<&Url> {
        self.end_session_endpoint.as_ref()
    }

    pub(super) fn jwks_uri(&self) -> &str {
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

/// Whether the text is a GUID, as tenant ids and object ids are.
pub(super) fn is_guid(text: &str) -> bool {
    guid(text).is_some()
}

/// The keys published within the last day. During a key rollover the provider's servers do not all
/// publish the same keys, so that a key which is missing from one response is kept.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// Each key with the time at which it was last published.
    keys: Vec<(CoreJsonWebKey, Instant)>,
    fetched_at: Instant,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a JWKS document and keeps the known keys that are younger than a day.
    ///
    /// # Errors
    /// When the document is malformed or has no key that can verify a signature.
    pub(super) fn parse(
        body: &[u8],
        known: Option<&Self>,
        now: Instant,
    ) -> Result<Self, SignInError> {
        let document: Document = serde_json::from_slice(body)
            .map_err(|_| SignInError::provider("its JWKS is malformed"))?;
        // An entry of an unknown kind is skipped (RFC 7517, section 5).
        let published = document
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok());
        let mut keys: Vec<(CoreJsonWebKey, Instant)> = Vec::new();
        for key in published.filter(is_signing_key) {
            if keys.iter().all(|(other, _)| *other != key) {
                keys.push((key, now));
            }
        }
        if keys.is_empty() {
            return Err(SignInError::provider(
                "its JWKS has no key that verifies a signature",
            ));
        }
        let older = known.map(|known| known.keys.as_slice()).unwrap_or_default();
        for (key, at) in older {
            let replaced = keys.iter().any(|(other, _)| other.key_id() == key.key_id());
            if !replaced && key.key_id().is_some() && now.duration_since(*at) < MAX_AGE {
                keys.push((key.clone(), *at));
            }
        }
        Ok(Self {
            keys,
            fetched_at: now,
        })
    }

    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.fetched_at > other.fetched_at
    }

    /// The keys younger than a day, as openidconnect's type.
    pub(super) fn to_set(&self, now: Instant) -> CoreJsonWebKeySet {
        let keys = self.keys.iter();
        let usable = keys.filter(|(_, at)| now.duration_since(*at) < MAX_AGE);
        CoreJsonWebKeySet::new(usable.map(|(key, _)| key.clone()).collect())
    }
}

/// Whether the key can verify RS256: openidconnect parses a key with missing or malformed members too.
fn is_signing_key(key: &CoreJsonWebKey) -> bool {
    let is_complete = serde_json::to_value(key)
        .is_ok_and(|key| key["kty"] == "RSA" && key["n"].is_string() && key["e"].is_string());
    is_complete && key.key_use().is_none_or(JsonWebKeyUse::allows_signature)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Keys;

    fn published(kid: &str) -> Vec<u8> {
        let key = serde_json::json!({ "kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB" });
        serde_json::json!({ "keys": [key] })
            .to_string()
            .into_bytes()
    }

    #[test]
    fn a_withdrawn_key_is_kept_for_a_day_and_no_longer() {
        let start = Instant::now();
        let old = Keys::parse(&published("old"), None, start).unwrap();
        let later = |hours| start + Duration::from_hours(hours);
        let both = Keys::parse(&published("new"), Some(&old), later(23)).unwrap();
        assert!(both.is_newer_than(&old));
        for (hours, keys) in [(23, 2), (24, 1), (46, 1), (47, 0)] {
            assert_eq!(
                both.to_set(later(hours)).keys().len(),
                keys,
                "after {hours} hours"
            );
        }
        let new = Keys::parse(&published("new"), Some(&old), later(24)).unwrap();
        assert_eq!(new.to_set(later(24)).keys().len(), 1);
    }
}
