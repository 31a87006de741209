//! The provider's signing keys (JWKS). `provider.rs` has the JWKS refresh.

use std::time::{Duration, Instant};

use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet};
use openidconnect::{JsonWebKey as _, JsonWebKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::error::SignInError;

/// Metadata and keys are fetched again at this age.
pub(super) const MAX_AGE: Duration = Duration::from_hours(24);

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
