//! Bearer tokens: access tokens of Microsoft Entra for the site's API
//! (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>).
//!
//! A token is of a user, who has consented to the scope [`ACCESS_AS_USER`], or of a program that has been given the
//! app role [`ACCESS_AS_APPLICATION`]. Only v2.0 tokens are accepted: `requestedAccessTokenVersion` of the registration
//! must be 2, as `cargo xtask entra` sets it.

use std::str::FromStr as _;
use std::time::Instant;

use openidconnect::Nonce;
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::Value;

use super::error::SignInError;
use super::graph::user_from_claims;
use super::id_token::{
    EntraIdToken, VerifiedClaims, check_tenant, check_times_and_subject, is_unknown_key, reason,
    verifier,
};
use super::provider::{IdentityProvider, Metadata};
use crate::current_user::CurrentUser;
use crate::outbound::BoundedClient;

/// The scope of tokens of users.
pub const ACCESS_AS_USER: &str = "access_as_user";

/// The app role of programs that act for themselves.
pub const ACCESS_AS_APPLICATION: &str = "access_as_application";

/// Bytes of a token at most; Entra's have a few thousand.
const TOKEN_LIMIT: usize = 16 * 1024;

/// Why a bearer token does not give access. Holds nothing of the token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BearerError {
    #[error("the bearer token is refused: {0}")]
    Invalid(String),
    #[error(
        "the bearer token has neither the scope {ACCESS_AS_USER} nor the role {ACCESS_AS_APPLICATION}"
    )]
    InsufficientScope,
    #[error("the bearer token could not be checked: {0}")]
    Unavailable(SignInError),
}

impl BearerError {
    /// The message for the client, which says no more than RFC 6750 asks for.
    pub fn message(&self) -> &'static str {
        match self {
            Self::InsufficientScope => {
                "The access token has neither the scope access_as_user nor the app role access_as_application."
            }
            _ => {
                "The access token is invalid or has expired. Request a new one for the API of this site."
            }
        }
    }
}

fn invalid(reason: impl Into<String>) -> BearerError {
    BearerError::Invalid(reason.into())
}

/// Validates an access token for the API of the client with this id, and returns its user or program.
pub(super) async fn validate(
    token: &str,
    client_id: &str,
    provider: &IdentityProvider,
    calls: &BoundedClient,
) -> Result<CurrentUser, BearerError> {
    if token.len() > TOKEN_LIMIT {
        return Err(invalid("it is too long"));
    }
    // A JSON Web Token with the claims of an ID token, and more.
    let token = EntraIdToken::from_str(token).map_err(|_| invalid("it is malformed"))?;
    let unavailable = BearerError::Unavailable;
    let metadata = provider.metadata(calls).await.map_err(unavailable)?;
    let known = provider.keys(calls, &metadata).await.map_err(unavailable)?;
    let check = |keys: &CoreJsonWebKeySet| verify(&token, &metadata, client_id, keys);
    let mut checked = check(&known.to_set(Instant::now()));
    if is_unknown_key(&checked)
        && let Some(newer) = provider
            .newer_keys(calls, &metadata, &known)
            .await
            .map_err(unavailable)?
    {
        checked = check(&newer.to_set(Instant::now()));
    }
    let claims = checked.map_err(|error| invalid(reason(&error)))?;
    let refused = |error: SignInError| invalid(error.to_string());
    check_tenant(&metadata, provider.config(), &claims).map_err(refused)?;
    check_times_and_subject(&claims).map_err(refused)?;
    check_kind(&claims)?;
    check_permission(&claims)?;
    Ok(user_from_claims(&claims, None))
}

/// Checks the signature, the expiry and the audience, which is the client id or the application ID URI.
fn verify(
    token: &EntraIdToken,
    metadata: &Metadata,
    client_id: &str,
    keys: &CoreJsonWebKeySet,
) -> Result<VerifiedClaims, openidconnect::ClaimsVerificationError> {
    let any_nonce = |_: Option<&Nonce>| Ok(());
    let checked = token.claims(&verifier(metadata, client_id, keys)?, any_nonce);
    if !matches!(
        checked,
        Err(openidconnect::ClaimsVerificationError::InvalidAudience(_))
    ) {
        return checked.cloned();
    }
    let uri = format!("api://{client_id}");
    token
        .claims(&verifier(metadata, &uri, keys)?, any_nonce)
        .cloned()
}

/// Refuses ID tokens, which have the same issuer, audience and keys: they have a nonce and name no client (`azp`).
fn check_kind(claims: &VerifiedClaims) -> Result<(), BearerError> {
    if claims.additional_claims().ver != Some(Value::from("2.0")) {
        return Err(invalid(
            "its version is not 2.0: set requestedAccessTokenVersion of the registration to 2",
        ));
    }
    if claims.nonce().is_some() || claims.authorized_party().is_none() {
        return Err(invalid("it is an ID token"));
    }
    Ok(())
}

/// A token with scopes is of a user: its roles are the user's and do not stand for the scope.
fn check_permission(claims: &VerifiedClaims) -> Result<(), BearerError> {
    let entra = claims.additional_claims();
    let is_permitted = match &entra.scp {
        Some(scopes) => scopes
            .as_str()
            .is_some_and(|scopes| scopes.split(' ').any(|scope| scope == ACCESS_AS_USER)),
        None => entra.roles.iter().any(|role| role == ACCESS_AS_APPLICATION),
    };
    if is_permitted {
        return Ok(());
    }
    Err(BearerError::InsufficientScope)
}
