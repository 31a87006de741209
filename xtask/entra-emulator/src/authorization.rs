//! An authorization request, checked as Entra checks it, and more strictly where the app should be strict.

use crate::error::EntraError;
use crate::provider::Provider;
use crate::request::ReceivedRequest;

/// A SHA-256 digest as base64url.
const CHALLENGE_LENGTH: usize = 43;

/// The authorization request of the app.
pub(crate) struct AuthorizationRequest {
    pub(crate) redirect_uri: String,
    pub(crate) response_mode: String,
    pub(crate) scope: String,
    pub(crate) code_challenge: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) login_hint: Option<String>,
}

/// Where an error is shown.
pub(crate) enum Refusal {
    /// On a page here, because the way back cannot be trusted.
    Here(EntraError),
    /// At the app, by the redirect URI.
    There(Box<AuthorizationRequest>, EntraError),
}

impl AuthorizationRequest {
    /// Reads the query. The app must request a code, the scope `openid`, and PKCE with S256.
    pub(crate) fn parse(provider: &Provider, request: &ReceivedRequest) -> Result<Self, Refusal> {
        let redirect_uri = check_registration(provider, request).map_err(Refusal::Here)?;
        let text = |name: &str| request.query(name).map(str::to_owned);
        let authorization = Self {
            redirect_uri,
            response_mode: text("response_mode").unwrap_or_else(|| "query".to_owned()),
            scope: text("scope").unwrap_or_default(),
            code_challenge: text("code_challenge").unwrap_or_default(),
            state: text("state"),
            nonce: text("nonce"),
            prompt: text("prompt"),
            login_hint: text("login_hint"),
        };
        match authorization.fault(request) {
            Some(error) => Err(Refusal::There(Box::new(authorization), error)),
            None => Ok(authorization),
        }
    }

    fn fault(&self, request: &ReceivedRequest) -> Option<EntraError> {
        let invalid = |number, text| Some(EntraError::new("invalid_request", number, text));
        if request.query("response_type") != Some("code") {
            let text = "The response type is not supported: ask for 'code'.";
            return Some(EntraError::new("unsupported_response_type", 70005, text));
        }
        if !matches!(
            self.response_mode.as_str(),
            "query" | "fragment" | "form_post"
        ) {
            return invalid(90023, "The response mode is not supported.");
        }
        if !self.scope.split(' ').any(|scope| scope == "openid") {
            return invalid(900_144, "The parameter 'scope' must contain 'openid'.");
        }
        if request.query("code_challenge_method") != Some("S256") {
            return invalid(
                9_002_313,
                "The parameter 'code_challenge_method' must be 'S256'.",
            );
        }
        if self.code_challenge.len() != CHALLENGE_LENGTH {
            return invalid(501_491, "Invalid size of Code_Challenge parameter.");
        }
        None
    }
}

/// The redirect URI, if the client and it are registered.
fn check_registration(
    provider: &Provider,
    request: &ReceivedRequest,
) -> Result<String, EntraError> {
    let Some(client_id) = request.query("client_id") else {
        let text = "The request must contain the following parameter: 'client_id'.";
        return Err(EntraError::new("invalid_request", 900_144, text));
    };
    if client_id != provider.options.client_id {
        let text =
            format!("Application with identifier '{client_id}' was not found in the directory.");
        return Err(EntraError::new("unauthorized_client", 700_016, text));
    }
    let redirect_uri = request.query("redirect_uri").unwrap_or_default();
    if !provider.is_registered(redirect_uri) {
        let text = format!(
            "The redirect URI '{redirect_uri}' specified in the request does not match the \
             redirect URIs configured for the application '{client_id}'."
        );
        return Err(EntraError::new("invalid_request", 50011, text));
    }
    Ok(redirect_uri.to_owned())
}
