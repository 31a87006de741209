//! The token endpoint: exchanges an authorization code for tokens, and issues access tokens for the app's own API.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};
use serde_json::json;

use crate::error::EntraError;
use crate::http::{ReceivedRequest, Reply};
use crate::provider::{Grant, Provider};
use crate::token;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `POST …/token`: one of three grants.
pub(super) fn exchange(provider: &Provider, request: &ReceivedRequest) -> Reply {
    match request.form("grant_type") {
        Some("authorization_code") => exchange_code(provider, request),
        Some("client_credentials") => issue_to_app(provider, request),
        Some("password") => issue_to_person(provider, request),
        _ => {
            let text = "The app requested an unsupported grant type.";
            EntraError::new("unsupported_grant_type", 70003, text).json(400)
        }
    }
}

/// An access token for the app's own API with the role of programs: the app authenticates itself.
fn issue_to_app(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let scope = format!("api://{}/.default", provider.options.client_id);
    let checked = check_credential(provider, request).and_then(|()| check_scope(request, &scope));
    match checked {
        Ok(()) => {
            let token = token::api_token_of_app(provider, &[token::ACCESS_AS_APPLICATION]);
            api_token(&token)
        }
        Err(error) => error.json(if error.error == "invalid_client" {
            401
        } else {
            400
        }),
    }
}

/// An access token of a person for the app's own API. Any password is right: for `curl` on a development machine.
fn issue_to_person(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let scope = format!(
        "api://{}/{}",
        provider.options.client_id,
        token::ACCESS_AS_USER
    );
    if let Err(error) = check_scope(request, &scope) {
        return error.json(400);
    }
    let person = provider.find_person(request.form("username").unwrap_or_default());
    let Some(person) = person else {
        let text = "The user account does not exist.";
        return EntraError::new("invalid_grant", 50034, text).json(400);
    };
    api_token(&token::api_token_of(provider, &person))
}

fn check_scope(request: &ReceivedRequest, scope: &str) -> Result<(), EntraError> {
    if request.form("scope") == Some(scope) {
        return Ok(());
    }
    let text = format!("The scope is not valid: ask for {scope}.");
    Err(EntraError::new("invalid_scope", 70011, text))
}

fn api_token(token: &str) -> Reply {
    let body = json!({
        "token_type": "Bearer",
        "expires_in": token::LIFETIME_SECONDS,
        "ext_expires_in": token::LIFETIME_SECONDS,
        "access_token": token,
    });
    Reply::json(200, &body).header("Cache-Control", "no-store, no-cache")
}

/// Checks the client's credential and redeems the code.
fn exchange_code(provider: &Provider, request: &ReceivedRequest) -> Reply {
    if let Err(error) = check_credential(provider, request) {
        let is_unauthorized = error.error == "invalid_client";
        return error.json(if is_unauthorized { 401 } else { 400 });
    }
    match redeem(provider, request) {
        Ok(grant) => tokens(provider, &grant),
        Err(error) => error.json(400),
    }
}

/// The grant of the code, if redirect URI and verifier match it.
fn redeem(provider: &Provider, request: &ReceivedRequest) -> Result<Grant, EntraError> {
    let grant = take_code(provider, request.form("code").unwrap_or_default())?;
    if request.form("redirect_uri") != Some(&grant.redirect_uri) {
        let text = "The reply address does not match the reply address provided when \
                    requesting Authorization code.";
        return Err(EntraError::new("invalid_client", 500_112, text));
    }
    let verifier = request.form("code_verifier").unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != grant.code_challenge {
        let text = "The Code_Verifier does not match the code_challenge supplied in the \
                    authorization request.";
        return Err(EntraError::new("invalid_grant", 501_481, text));
    }
    Ok(grant)
}

/// Marks the code as redeemed, even if the rest of the request turns out to be wrong.
fn take_code(provider: &Provider, code: &str) -> Result<Grant, EntraError> {
    let error = |number, text| Err(EntraError::new("invalid_grant", number, text));
    let now = provider.now();
    let mut state = provider.state();
    let Some(grant) = state.issued.codes.get_mut(code) else {
        return error(
            70000,
            "The provided value for the 'code' parameter is not valid.",
        );
    };
    if std::mem::replace(&mut grant.redeemed, true) {
        return error(54005, "OAuth2 Authorization code was already redeemed.");
    }
    if grant.expires <= now {
        return error(70008, "The provided authorization code has expired.");
    }
    Ok(grant.clone())
}

fn tokens(provider: &Provider, grant: &Grant) -> Reply {
    let Some(person) = provider.find_person(&grant.person) else {
        let text = "The user account does not exist any more.";
        return EntraError::new("invalid_grant", 50034, text).json(400);
    };
    let access_token = token::access_token(provider, &person, grant);
    let id_token = token::id_token(provider, &person, grant, &access_token);
    let body = json!({
        "token_type": "Bearer",
        "scope": grant.scope,
        "expires_in": token::LIFETIME_SECONDS,
        "ext_expires_in": token::LIFETIME_SECONDS,
        "access_token": access_token,
        "id_token": id_token,
    });
    Reply::json(200, &body)
        .header("Cache-Control", "no-store, no-cache")
        .header("Pragma", "no-cache")
}

/// Accepts exactly one of: secret in the form, secret by HTTP Basic, assertion of the managed identity.
fn check_credential(provider: &Provider, request: &ReceivedRequest) -> Result<(), EntraError> {
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
        Some(client_id) => Err(EntraError::unknown_client(client_id)),
        None => Err(EntraError::missing("client_id")),
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
    let error = |number, text| Err(EntraError::new("invalid_client", number, text));
    if request.form("client_assertion_type") != Some(ASSERTION_TYPE) {
        return error(50027, "The client assertion type is not supported.");
    }
    let now = provider.now();
    let state = provider.state();
    let Some(issued) = state.issued.assertions.get(assertion) else {
        return error(50027, "JWT token is invalid or malformed.");
    };
    if issued.audience != provider.options.token_exchange_audience {
        return error(
            700_212,
            "No matching federated identity record found for presented assertion audience.",
        );
    }
    if issued.expires <= now {
        return error(
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
