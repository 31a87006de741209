//! How the site proves to the provider that it is the registered application: by a client secret, or
//! by an assertion of the managed identity (a federated credential), so that there is no secret at all.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::error::SignInError;
use crate::config::{ClientCredential, OutboundConfig};
use crate::managed_identity::{ManagedIdentity, Token};
use crate::outbound::Outbound;

/// An assertion is renewed this long before it expires.
const RENEWAL_MARGIN: Duration = Duration::from_mins(5);

/// The parameters that a token request carries besides the library's own.
pub(super) enum ClientProof {
    Secret(String),
    Assertion(String),
}

/// The credential of the settings, with the assertion last fetched.
pub(super) struct Credential {
    config: ClientCredential,
    identity: ManagedIdentity,
    assertion: Mutex<Assertion>,
}

/// The assertion last fetched, and the last failure for those who were waiting for one.
#[derive(Default)]
struct Assertion {
    token: Option<Token>,
    failed: Option<(SignInError, Instant)>,
}

impl Credential {
    pub(super) fn new(config: ClientCredential, outbound: &OutboundConfig) -> Self {
        Self {
            config,
            identity: ManagedIdentity::new(outbound),
            assertion: Mutex::default(),
        }
    }

    /// The secret, or an assertion: one fetch at a time, its failure shared by all who waited for it.
    ///
    /// # Errors
    /// When the identity endpoint fails; there is no other method to fall back to.
    pub(super) async fn proof(&self, outbound: &Outbound) -> Result<ClientProof, SignInError> {
        let audience = match &self.config {
            ClientCredential::Secret(secret) => {
                return Ok(ClientProof::Secret(secret.expose().to_owned()));
            }
            ClientCredential::ManagedIdentity { audience, .. } => audience,
        };
        let asked = Instant::now();
        let mut known = self.assertion.lock().await;
        let lasting = |token: &&Token| token.remaining() > RENEWAL_MARGIN;
        if let Some(token) = known.token.as_ref().filter(lasting) {
            return Ok(ClientProof::Assertion(token.expose().to_owned()));
        }
        if let Some((error, _)) = known.failed.as_ref().filter(|(_, at)| *at >= asked) {
            return Err(error.clone());
        }
        match self.identity.fetch_token(outbound, audience).await {
            Ok(token) => {
                let text = token.expose().to_owned();
                known.token = Some(token);
                Ok(ClientProof::Assertion(text))
            }
            Err(cause) => {
                let error = SignInError::from(cause);
                known.failed = Some((error.clone(), Instant::now()));
                Err(error)
            }
        }
    }
}
