//! The token endpoint: an authorization code for tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};
use serde_json::json;

use crate::client_credential;
use crate::error::EntraError;
use crate::issued::Grant;
use crate::provider::Provider;
use crate::reply::Reply;
use crate::request::ReceivedRequest;
use crate::token;

/// `POST …/token`
pub(super) fn exchange(provider: &Provider, request: &ReceivedRequest) -> Reply {
    if request.form("grant_type") != Some("authorization_code") {
        let text = "The app requested an unsupported grant type.";
        return EntraError::new("unsupported_grant_type", 70003, text).json(400);
    }
    if let Err(error) = client_credential::check(provider, request) {
        let status = if error.error == "invalid_client" {
            401
        } else {
            400
        };
        return error.json(status);
    }
    match redeem(provider, request) {
        Ok(grant) => tokens(provider, &grant),
        Err(error) => error.json(400),
    }
}

/// The grant of the code, if the rest of the request matches it.
fn redeem(provider: &Provider, request: &ReceivedRequest) -> Result<Grant, EntraError> {
    let grant = take(provider, request.form("code").unwrap_or_default())?;
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

/// Takes the code out of circulation, whether or not the rest of the request is right.
fn take(provider: &Provider, code: &str) -> Result<Grant, EntraError> {
    let refuse = |number, text| Err(EntraError::new("invalid_grant", number, text));
    let now = provider.now();
    let mut changing = provider.changing();
    let Some(grant) = changing.issued.codes.get_mut(code) else {
        return refuse(
            70000,
            "The provided value for the 'code' parameter is not valid.",
        );
    };
    if std::mem::replace(&mut grant.redeemed, true) {
        return refuse(54005, "OAuth2 Authorization code was already redeemed.");
    }
    if grant.expires <= now {
        return refuse(70008, "The provided authorization code has expired.");
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
