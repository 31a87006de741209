//! The identity provider: what it publishes about itself, fetched when first needed.

mod keys;
mod metadata;

pub(super) use keys::Keys;
pub(super) use metadata::Metadata;
pub(super) use metadata::is_tenant_id;

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::HttpRequest;
use tokio::sync::Mutex;

use super::error::SignInError;
use crate::config::ProviderConfig;
use crate::outbound::{Calls, Outbound};

/// What the provider publishes is fetched again when it is this old.
const MAX_AGE: Duration = Duration::from_hours(24);

/// Forced fetches of the keys are at least this far apart, so that forged tokens cannot make us flood the
/// provider. One that failed does not count: the key may be there the next time.
const FORCED_FETCH_PAUSE: Duration = Duration::from_mins(1);

/// Microsoft Entra ID, or what speaks like it.
pub(super) struct IdentityProvider {
    config: ProviderConfig,
    outbound: Outbound,
    metadata: Mutex<Fetched<Arc<Metadata>>>,
    keys: Mutex<Fetched<Keys>>,
    last_forced: Mutex<Option<Instant>>,
}

/// What one answer of ours asks the provider, all within the time of one call.
pub(super) struct Conversation<'a> {
    provider: &'a IdentityProvider,
    calls: Calls,
}

/// The last good answer, and the last failure for those who were waiting for it.
struct Fetched<T> {
    good: Option<(T, Instant)>,
    failed: Option<(SignInError, Instant)>,
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self {
            good: None,
            failed: None,
        }
    }
}

impl<T: Clone> Fetched<T> {
    /// What a caller that has waited since `asked` gets without a fetch of its own.
    fn known(&self, asked: Instant) -> Option<Result<T, SignInError>> {
        let fresh = self.good.as_ref().filter(|(_, at)| at.elapsed() < MAX_AGE);
        fresh
            .map(|(good, _)| Ok(good.clone()))
            .or_else(|| self.failed_since(asked).map(Err))
    }

    fn failed_since(&self, asked: Instant) -> Option<SignInError> {
        let failed = self.failed.as_ref().filter(|(_, at)| *at >= asked);
        failed.map(|(error, _)| error.clone())
    }

    fn remember(&mut self, answer: &Result<T, SignInError>) {
        match answer {
            Ok(good) => self.good = Some((good.clone(), Instant::now())),
            Err(error) => self.failed = Some((error.clone(), Instant::now())),
        }
    }
}

impl IdentityProvider {
    pub(super) fn new(config: ProviderConfig, outbound: Outbound) -> Self {
        Self {
            config,
            outbound,
            metadata: Mutex::default(),
            keys: Mutex::default(),
            last_forced: Mutex::default(),
        }
    }

    /// Its time begins now.
    pub(super) fn conversation(&self) -> Conversation<'_> {
        Conversation {
            provider: self,
            calls: self.outbound.calls(),
        }
    }
}

impl Conversation<'_> {
    pub(super) fn config(&self) -> &ProviderConfig {
        &self.provider.config
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The metadata; one fetch at a time, its failure shared by all who waited for it.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, SignInError> {
        let asked = Instant::now();
        let mut fetched = self.calls.wait(self.provider.metadata.lock()).await?;
        if let Some(known) = fetched.known(asked) {
            return known;
        }
        let answer = self.fetch_metadata().await.map(Arc::new);
        fetched.remember(&answer);
        answer
    }

    /// The signing keys, not older than a day.
    pub(super) async fn keys(&self) -> Result<Keys, SignInError> {
        let asked = Instant::now();
        let metadata = self.metadata().await?;
        let mut fetched = self.calls.wait(self.provider.keys.lock()).await?;
        if let Some(known) = fetched.known(asked) {
            return known;
        }
        self.fetch_keys(&metadata, &mut fetched).await
    }

    /// The keys anew, because a token names one that is not among those known: what another sign-in
    /// has fetched meanwhile, or what is published now. `None` when it is too early to ask again.
    pub(super) async fn newer_keys(&self, known: &Keys) -> Result<Option<Keys>, SignInError> {
        let asked = Instant::now();
        let metadata = self.metadata().await?;
        let mut fetched = self.calls.wait(self.provider.keys.lock()).await?;
        let newer = fetched
            .good
            .as_ref()
            .filter(|(keys, _)| keys.is_newer_than(known));
        if let Some((newer, _)) = newer {
            return Ok(Some(newer.clone()));
        }
        if let Some(error) = fetched.failed_since(asked) {
            return Err(error);
        }
        let mut last_forced = self.provider.last_forced.lock().await;
        if last_forced.is_some_and(|at| at.elapsed() < FORCED_FETCH_PAUSE) {
            return Ok(None);
        }
        let keys = self.fetch_keys(&metadata, &mut fetched).await?;
        *last_forced = Some(Instant::now());
        Ok(Some(keys))
    }

    async fn fetch_keys(
        &self,
        metadata: &Metadata,
        fetched: &mut Fetched<Keys>,
    ) -> Result<Keys, SignInError> {
        let answer = self.get_json(metadata.keys_url()).await.and_then(|body| {
            let known = fetched.good.as_ref().map(|(keys, _)| keys);
            Keys::parse(&body, known, Instant::now())
        });
        fetched.remember(&answer);
        answer
    }

    async fn fetch_metadata(&self) -> Result<Metadata, SignInError> {
        let config = self.config();
        let (authority, tenant) = (config.authority_host.origin(), &config.tenant);
        let url = format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration");
        let body = self.get_json(&url).await?;
        Metadata::parse(&body, config)
    }

    async fn get_json(&self, url: &str) -> Result<Vec<u8>, SignInError> {
        let mut request = HttpRequest::new(Vec::new());
        *request.uri_mut() = url
            .parse()
            .map_err(|_| SignInError::provider("an address of the provider is malformed"))?;
        let answer = self.calls.send(request).await?;
        if !answer.status().is_success() {
            return Err(SignInError::Provider(format!(
                "its public documents answer {}",
                answer.status().as_u16()
            )));
        }
        Ok(answer.into_body())
    }
}
