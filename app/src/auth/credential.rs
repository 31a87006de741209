//! How the site proves to the provider that it is the registered application: by a client secret, or
//! by an assertion of the managed identity (a federated credential), so that there is no secret at all.

use std::time::Duration;

use tokio::sync::Mutex;

use super::error::SignInError;
use crate::config::{ClientCredential, OutboundConfig};
use crate::managed_identity::{ManagedIdentity, Token};
use crate::outbound::Calls;

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
    assertion: Mutex<Option<Token>>,
}

impl Credential {
    pub(super) fn new(config: ClientCredential, outbound: &OutboundConfig) -> Self {
        Self {
            config,
            identity: ManagedIdentity::new(outbound),
            assertion: Mutex::default(),
        }
    }

    /// The secret, or an assertion, which is renewed in time where the identity endpoint has a newer one.
    ///
    /// # Errors
    /// When the identity endpoint fails; there is no other method to fall back to.
    pub(super) async fn proof(&self, calls: &Calls) -> Result<ClientProof, SignInError> {
        let audience = match &self.config {
            ClientCredential::Secret(secret) => {
                return Ok(ClientProof::Secret(secret.expose().to_owned()));
            }
            ClientCredential::ManagedIdentity { audience, .. } => audience,
        };
        let mut assertion = calls.wait(self.assertion.lock()).await?;
        let lasting = |token: &&Token| token.remaining() > RENEWAL_MARGIN;
        if let Some(token) = assertion.as_ref().filter(lasting) {
            return Ok(ClientProof::Assertion(token.expose().to_owned()));
        }
        let token = self.identity.fetch_token(calls, audience).await?;
        let proof = ClientProof::Assertion(token.expose().to_owned());
        *assertion = Some(token);
        Ok(proof)
    }
}
