//! The provider's signing keys.

use std::time::{Duration, Instant};

use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet};
use openidconnect::{JsonWebKey as _, JsonWebKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::MAX_AGE;
use crate::auth::error::SignInError;

/// The keys that were published within the last day: around a change of keys the provider's servers
/// do not all publish the same ones, so a key that is missing once is kept.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Each with the time when it was published last.
    keys: Vec<(CoreJsonWebKey, Instant)>,
    fetched_at: Instant,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads the published keys and keeps those known before that are not too old.
    ///
    /// # Errors
    /// When the document is malformed or has no key that can verify a signature.
    pub(super) fn parse(body: &[u8], known: Option<&Self>) -> Result<Self, SignInError> {
        let fetched_at = Instant::now();
        let document: Document = serde_json::from_slice(body)
            .map_err(|_| SignInError::provider("its keys are malformed"))?;
        // One entry that cannot be used does not spoil the others.
        let published = document
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok());
        let mut keys: Vec<(CoreJsonWebKey, Instant)> = published
            .filter(is_signing_key)
            .map(|key| (key, fetched_at))
            .collect();
        if keys.is_empty() {
            return Err(SignInError::provider(
                "it publishes no key that verifies a signature",
            ));
        }
        let older = known.map(|known| known.keys.as_slice()).unwrap_or_default();
        for (key, at) in older {
            let replaced = keys.iter().any(|(other, _)| other.key_id() == key.key_id());
            if !replaced && key.key_id().is_some() && at.elapsed() < MAX_AGE {
                keys.push((key.clone(), *at));
            }
        }
        Ok(Self { keys, fetched_at })
    }

    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.fetched_at > other.fetched_at
    }

    /// The keys in the library's form.
    pub(crate) fn to_set(&self) -> CoreJsonWebKeySet {
        let fresh = self
            .keys
            .iter()
            .filter(|(_, at)| at.elapsed() < MAX_AGE + Duration::from_mins(1));
        CoreJsonWebKeySet::new(fresh.map(|(key, _)| key.clone()).collect())
    }
}

fn is_signing_key(key: &CoreJsonWebKey) -> bool {
    key.key_use().is_none_or(JsonWebKeyUse::allows_signature)
}
