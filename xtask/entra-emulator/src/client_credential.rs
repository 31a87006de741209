//! How the app proves at the token endpoint that it is the registered one.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::error::EntraError;
use crate::provider::Provider;
use crate::request::ReceivedRequest;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Accepts exactly one of: secret in the form, secret by Basic, assertion of the managed identity.
pub(crate) fn check(provider: &Provider, request: &ReceivedRequest) -> Result<(), EntraError> {
    let basic = request.header("authorization").map(basic_credentials);
    let secret = request.form("client_secret");
    let assertion = request.form("client_assertion");
    let methods = [basic.is_some(), secret.is_some(), assertion.is_some()];
    if methods.iter().filter(|used| **used).count() > 1 {
        let text = "The request uses more than one way to authenticate the client.";
        return Err(EntraError::new("invalid_request", 9_002_313, text));
    }
    let (basic_id, basic_secret) = basic.flatten().unzip();
    check_client_id(provider, basic_id.as_deref().or(request.form("client_id")))?;
    match (basic_secret.as_deref().or(secret), assertion) {
        (Some(secret), _) => check_secret(provider, secret),
        (None, Some(assertion)) => check_assertion(provider, request, assertion),
        (None, None) => {
            let text = "The request body must contain the following parameter: \
                        'client_assertion' or 'client_secret'.";
            Err(EntraError::new("invalid_client", 7_000_218, text))
        }
    }
}

fn check_client_id(provider: &Provider, client_id: Option<&str>) -> Result<(), EntraError> {
    match client_id {
        Some(client_id) if client_id == provider.options.client_id => Ok(()),
        Some(client_id) => {
            let text = format!(
                "Application with identifier '{client_id}' was not found in the directory."
            );
            Err(EntraError::new("unauthorized_client", 700_016, text))
        }
        None => {
            let text = "The request body must contain the following parameter: 'client_id'.";
            Err(EntraError::new("invalid_request", 900_144, text))
        }
    }
}

fn check_secret(provider: &Provider, secret: &str) -> Result<(), EntraError> {
    if secret == provider.client_secret {
        return Ok(());
    }
    let text = "Invalid client secret provided. Ensure the secret being sent in the request is \
                the client secret value, not the client secret ID.";
    Err(EntraError::new("invalid_client", 7_000_215, text))
}

fn check_assertion(
    provider: &Provider,
    request: &ReceivedRequest,
    assertion: &str,
) -> Result<(), EntraError> {
    let refuse = |number, text| Err(EntraError::new("invalid_client", number, text));
    if request.form("client_assertion_type") != Some(ASSERTION_TYPE) {
        return refuse(50027, "The client assertion type is not supported.");
    }
    let now = provider.now();
    let changing = provider.changing();
    let Some(issued) = changing.issued.assertions.get(assertion) else {
        return refuse(50027, "JWT token is invalid or malformed.");
    };
    if issued.audience != provider.options.token_exchange_audience {
        return refuse(
            700_212,
            "No matching federated identity record found for presented assertion audience.",
        );
    }
    if issued.expires <= now {
        return refuse(
            700_024,
            "Client assertion is not within its valid time range.",
        );
    }
    Ok(())
}

/// Client id and secret, each form-encoded before they were joined (RFC 6749, section 2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some((form_decoded(client_id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    let pair = form_urlencoded::parse(text.as_bytes()).next();
    pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
}
