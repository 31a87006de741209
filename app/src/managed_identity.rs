//! Tokens of the site's managed identity, from App Service's identity endpoint
//! (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>).

use std::time::Duration;

use openidconnect::HttpRequest;
use serde::Deserialize;
use url::Url;

use crate::clock;
use crate::config::OutboundConfig;
use crate::outbound::{BoundedClient, OutboundError};
use crate::secret::Secret;

/// The managed identity of the site.
#[derive(Debug)]
pub struct ManagedIdentity {
    /// The endpoint's URL, and the value of the `X-IDENTITY-HEADER` of each call.
    endpoint: Option<(String, Secret)>,
    /// Client ID of a user-assigned identity; `None` for the system-assigned one.
    client_id: Option<String>,
}

/// An access token; there is no `Debug`, because the text is secret.
pub struct Token {
    text: String,
    /// Seconds since 1970.
    expires_on: i64,
}

/// Why there is no token; contains nothing that was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    #[error("there is no managed identity here: IDENTITY_ENDPOINT is not set")]
    Missing,
    #[error("IDENTITY_ENDPOINT or IDENTITY_HEADER is malformed")]
    Settings,
    #[error("the identity endpoint: {0}")]
    Call(#[from] OutboundError),
    #[error("the identity endpoint returned {0}")]
    Status(u16),
    #[error("the identity endpoint's response has no token")]
    Malformed,
    #[error("the identity endpoint's token is empty or expired")]
    Expired,
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    /// Seconds since 1970: a string from App Service, a number from others.
    expires_on: serde_json::Value,
}

impl ManagedIdentity {
    pub fn new(config: &OutboundConfig) -> Self {
        Self {
            endpoint: config
                .identity_endpoint
                .clone()
                .zip(config.identity_header.clone()),
            client_id: config.azure_managed_identity_client_id.clone(),
        }
    }

    /// # Errors
    /// When `IDENTITY_ENDPOINT` is not set: this is not App Service, or the site has no identity there.
    pub fn ensure_exists(&self) -> Result<(), IdentityError> {
        self.endpoint().map(|_| ())
    }

    /// Fetches a token for a resource (an audience). The platform caches tokens for hours.
    ///
    /// # Errors
    /// When the endpoint does not respond, returns an error, or returns an expired token.
    pub async fn fetch_token(
        &self,
        calls: &BoundedClient,
        resource: &str,
    ) -> Result<Token, IdentityError> {
        let response = calls.send(self.request(resource)?).await?;
        if !response.status().is_success() {
            return Err(IdentityError::Status(response.status().as_u16()));
        }
        let token: TokenResponse =
            serde_json::from_slice(response.body()).map_err(|_| IdentityError::Malformed)?;
        let seconds = &token.expires_on;
        let written = seconds.as_str().map(str::parse).and_then(Result::ok);
        let expires_on = seconds.as_i64().or(written);
        let token = Token {
            text: token.access_token,
            expires_on: expires_on.ok_or(IdentityError::Malformed)?,
        };
        let usable = !token.text.is_empty() && !token.remaining().is_zero();
        usable.then_some(token).ok_or(IdentityError::Expired)
    }

    fn endpoint(&self) -> Result<&(String, Secret), IdentityError> {
        self.endpoint.as_ref().ok_or(IdentityError::Missing)
    }

    fn request(&self, resource: &str) -> Result<HttpRequest, IdentityError> {
        let (url, header) = self.endpoint()?;
        let parameters = [("api-version", "2019-08-01"), ("resource", resource)];
        let client_id = self.client_id.as_deref().map(|id| ("client_id", id));
        let url = Url::parse_with_params(url, parameters.into_iter().chain(client_id))
            .map_err(|_| IdentityError::Settings)?;
        let mut request = HttpRequest::new(Vec::new());
        *request.uri_mut() = url.as_str().parse().map_err(|_| IdentityError::Settings)?;
        let header = header.expose().parse();
        let header = header.map_err(|_| IdentityError::Settings)?;
        request.headers_mut().insert("x-identity-header", header);
        Ok(request)
    }
}

impl Token {
    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The time until it expires, by this machine's clock.
    pub fn remaining(&self) -> Duration {
        let now = clock::now().assume_utc().unix_timestamp();
        let seconds = u64::try_from(self.expires_on.saturating_sub(now));
        Duration::from_secs(seconds.unwrap_or(0))
    }
}
