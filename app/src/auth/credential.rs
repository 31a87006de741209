//! How the site proves to the provider that it is the registered application: by a client secret, or
//! by an assertion of the managed identity (a federated credential), so that there is no secret at all.

use openidconnect::HttpRequest;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::error::SignInError;
use super::outbound::Calls;
use crate::clock;
use crate::config::{ClientCredential, IdentityEndpoint};

/// A token is renewed this long before it expires, in seconds.
const RENEWAL_MARGIN: i64 = 300;

/// The parameters that a token request carries besides the library's own.
pub(super) enum ClientProof {
    Secret(String),
    Assertion(String),
}

/// The credential of the settings, with the assertion last fetched.
pub(super) struct Credential {
    config: ClientCredential,
    endpoint: Option<IdentityEndpoint>,
    assertion: Mutex<Option<Token>>,
}

/// What App Service's identity endpoint answers
/// (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>).
#[derive(Clone, Deserialize)]
struct Token {
    access_token: String,
    /// Seconds since 1970, as a string.
    expires_on: String,
}

impl Token {
    /// Whether it is good for more than `margin` seconds.
    fn outlasts(&self, margin: i64) -> bool {
        let now = clock::now().assume_utc().unix_timestamp();
        self.expires_on
            .parse::<i64>()
            .is_ok_and(|expiry| now + margin < expiry)
    }
}

impl Credential {
    pub(super) fn new(config: ClientCredential, endpoint: Option<IdentityEndpoint>) -> Self {
        Self {
            config,
            endpoint,
            assertion: Mutex::default(),
        }
    }

    /// The secret, or an assertion, which is renewed in time where the identity endpoint has a newer one.
    ///
    /// # Errors
    /// When the identity endpoint fails; there is no other method to fall back to.
    pub(super) async fn proof(&self, calls: &Calls) -> Result<ClientProof, SignInError> {
        let (client_id, audience) = match &self.config {
            ClientCredential::Secret(secret) => {
                return Ok(ClientProof::Secret(secret.expose().to_owned()));
            }
            ClientCredential::ManagedIdentity {
                client_id,
                audience,
            } => (client_id, audience),
        };
        let mut assertion = calls.wait(self.assertion.lock()).await?;
        let known = assertion.as_ref();
        if !known.is_some_and(|token| token.outlasts(RENEWAL_MARGIN)) {
            *assertion = Some(self.fetch(calls, client_id, audience).await?);
        }
        let token = assertion.as_ref().map(|token| token.access_token.clone());
        token
            .map(ClientProof::Assertion)
            .ok_or_else(|| SignInError::provider("there is no assertion"))
    }

    async fn fetch(
        &self,
        calls: &Calls,
        client_id: &str,
        audience: &str,
    ) -> Result<Token, SignInError> {
        let endpoint = self.endpoint.as_ref().ok_or_else(|| {
            SignInError::provider("there is no managed identity here: IDENTITY_ENDPOINT is not set")
        })?;
        let answer = calls
            .send(token_request(endpoint, client_id, audience)?)
            .await?;
        if !answer.status().is_success() {
            return Err(SignInError::Provider(format!(
                "the identity endpoint answers {}",
                answer.status().as_u16()
            )));
        }
        let token: Token = serde_json::from_slice(answer.body())
            .map_err(|_| SignInError::provider("the identity endpoint's answer has no token"))?;
        let usable = !token.access_token.is_empty() && token.outlasts(0);
        usable.then_some(token).ok_or_else(|| {
            SignInError::provider("the identity endpoint's token is empty or expired")
        })
    }
}

fn token_request(
    endpoint: &IdentityEndpoint,
    client_id: &str,
    audience: &str,
) -> Result<HttpRequest, SignInError> {
    let malformed = || SignInError::provider("IDENTITY_ENDPOINT or IDENTITY_HEADER is malformed");
    let parameters = [
        ("api-version", "2019-08-01"),
        ("resource", audience),
        ("client_id", client_id),
    ];
    let url = Url::parse_with_params(&endpoint.url, parameters).map_err(|_| malformed())?;
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.as_str().parse().map_err(|_| malformed())?;
    let header = endpoint.header.expose().parse().map_err(|_| malformed())?;
    request.headers_mut().insert("x-identity-header", header);
    Ok(request)
}
