//! The ID token: its claims and their validation (OpenID Connect Core 1.0, section 3.1.3.7, and
//! Microsoft Entra's rules: <https://learn.microsoft.com/entra/identity-platform/id-tokens>).

use std::time::Instant;

use chrono::DateTime;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, ClientId, IdToken,
    IdTokenClaims, IdTokenVerifier, IssuerUrl, Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};

use super::error::SignInError;
use super::provider::{IdentityProvider, Metadata, is_guid};
use crate::clock;
use crate::config::{AllowedTenants, SignInConfig};
use crate::outbound::BoundedClient;

/// Accepted clock difference to the provider, in seconds.
pub(super) const CLOCK_LEEWAY: i64 = 120;

/// Characters of a subject at most (OpenID Connect Core 1.0, section 2).
const SUBJECT_LIMIT: usize = 255;

/// The tenant of all personal Microsoft accounts.
const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft Entra's own claims
/// (<https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct EntraClaims {
    pub tid: Option<String>,
    pub oid: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    pub(super) nbf: Option<serde_json::Number>,
    /// The scopes of an access token, separated by spaces.
    pub(super) scp: Option<serde_json::Value>,
    pub(super) ver: Option<serde_json::Value>,
}

impl AdditionalClaims for EntraClaims {}

/// Claims of an ID token that has been validated.
pub(super) type VerifiedClaims = IdTokenClaims<EntraClaims, CoreGenderClaim>;

pub(super) type EntraIdToken = IdToken<
    EntraClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// The tokens of a token response, not validated yet.
pub(super) struct Tokens {
    pub(super) access_token: openidconnect::AccessToken,
    pub(super) id_token: EntraIdToken,
}

/// What an ID token must match.
pub(super) struct Expected<'a> {
    pub(super) metadata: &'a Metadata,
    pub(super) client_id: &'a str,
    pub(super) nonce: Nonce,
}

/// Validates the ID token, with a JWKS refresh when its key is unknown, and returns its claims.
pub(super) async fn validate(
    tokens: &Tokens,
    expected: &Expected<'_>,
    provider: &IdentityProvider,
    calls: &BoundedClient,
) -> Result<VerifiedClaims, SignInError> {
    let metadata = expected.metadata;
    let check = |keys: &CoreJsonWebKeySet| check_signed_claims(tokens, expected, keys);
    let known = provider.keys(calls, metadata).await?;
    let mut keys = known.to_set(Instant::now());
    let mut checked = check(&keys);
    if is_unknown_key(&checked)
        && let Some(newer) = provider.newer_keys(calls, metadata, &known).await?
    {
        keys = newer.to_set(Instant::now());
        checked = check(&keys);
    }
    let claims = checked.map_err(|error| refused(reason(&error)))?;
    check_tenant(metadata, provider.config(), &claims)?;
    check_access_token(tokens, &keys, &claims)?;
    check_times_and_names(expected.client_id, &claims)?;
    Ok(claims)
}

/// openidconnect's checks: signature (RS256 only), audience, expiry and nonce.
fn check_signed_claims(
    tokens: &Tokens,
    expected: &Expected<'_>,
    keys: &CoreJsonWebKeySet,
) -> Result<VerifiedClaims, ClaimsVerificationError> {
    let verifier = verifier(expected.metadata, expected.client_id, keys)?;
    tokens.id_token.claims(&verifier, &expected.nonce).cloned()
}

/// Checks signature (RS256 only), audience and expiry with these keys.
pub(super) fn verifier(
    metadata: &Metadata,
    audience: &str,
    keys: &CoreJsonWebKeySet,
) -> Result<IdTokenVerifier<'static, CoreJsonWebKey>, ClaimsVerificationError> {
    let issuer = IssuerUrl::new(metadata.issuer().to_owned())
        .map_err(|_| ClaimsVerificationError::Other("the issuer is malformed".to_owned()))?;
    let audience = ClientId::new(audience.to_owned());
    let verifier = IdTokenVerifier::new_public_client(audience, issuer, keys.clone())
        .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
        // The issuer may have a placeholder for the tenant: `check_tenant` compares it.
        .require_issuer_match(false)
        .set_time_fn(|| DateTime::from_timestamp(now() - CLOCK_LEEWAY, 0).unwrap_or_default());
    Ok(verifier)
}

/// Checks that the issuer is that of the token's tenant, and that the tenant may sign in.
pub(super) fn check_tenant(
    metadata: &Metadata,
    config: &SignInConfig,
    claims: &VerifiedClaims,
) -> Result<(), SignInError> {
    let tenant = claims
        .additional_claims()
        .tid
        .as_deref()
        .filter(|tid| is_guid(tid));
    let tenant = tenant.ok_or_else(|| refused("it has no tenant"))?;
    if claims.issuer().as_str() != metadata.issuer_of(tenant) || !claims.issuer().contains(tenant) {
        return Err(refused("its issuer is not that of its tenant"));
    }
    let personal = tenant.eq_ignore_ascii_case(PERSONAL_TENANT);
    let allowed = match config.tenant.to_ascii_lowercase().as_str() {
        "organizations" => !personal,
        "consumers" => personal,
        _ => true,
    };
    let listed = match &config.settings.azure_allowed_tenants {
        None | Some(AllowedTenants::Any) => true,
        Some(AllowedTenants::Listed(tenants)) => tenants.contains(&tenant.to_ascii_lowercase()),
    };
    if !(allowed && listed) {
        return Err(SignInError::TenantNotAllowed);
    }
    Ok(())
}

fn check_access_token(
    tokens: &Tokens,
    keys: &CoreJsonWebKeySet,
    claims: &VerifiedClaims,
) -> Result<(), SignInError> {
    let Some(expected) = claims.access_token_hash() else {
        return Ok(());
    };
    let matches = |key: &CoreJsonWebKey| {
        access_token_hash(&tokens.access_token, key).as_ref() == Some(expected)
    };
    if !keys.keys().first().is_some_and(matches) {
        return Err(refused("its at_hash is not that of the access token"));
    }
    Ok(())
}

/// The hash depends on the algorithm only (RS256); openidconnect requires a key for it.
fn access_token_hash(token: &AccessToken, key: &CoreJsonWebKey) -> Option<AccessTokenHash> {
    AccessTokenHash::from_token(token, &CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, key).ok()
}

fn check_times_and_names(client_id: &str, claims: &VerifiedClaims) -> Result<(), SignInError> {
    if claims
        .authorized_party()
        .is_some_and(|party| party.as_str() != client_id)
    {
        return Err(refused("it was issued to another client"));
    }
    check_times_and_subject(claims)
}

pub(super) fn check_times_and_subject(claims: &VerifiedClaims) -> Result<(), SignInError> {
    let latest = now() + CLOCK_LEEWAY;
    let begins = claims.additional_claims().nbf.as_ref();
    if begins.is_some_and(|nbf| nbf.as_i64().is_none_or(|nbf| nbf > latest)) {
        return Err(refused("it is not valid yet"));
    }
    if claims.issue_time().timestamp() > latest {
        return Err(refused("it was issued in the future"));
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > SUBJECT_LIMIT {
        return Err(refused("it has no subject"));
    }
    let object = claims.additional_claims().oid.as_deref();
    if !object.is_some_and(is_guid) {
        return Err(refused("it has no object id"));
    }
    Ok(())
}

pub(super) fn is_unknown_key(checked: &Result<VerifiedClaims, ClaimsVerificationError>) -> bool {
    matches!(
        checked,
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

pub(super) fn refused(reason: &str) -> SignInError {
    SignInError::Provider(format!("its token is refused: {reason}"))
}

/// The reason without the token's content, which openidconnect's error contains.
pub(super) fn reason(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired",
        ClaimsVerificationError::InvalidAudience(_) => "it is for another audience",
        ClaimsVerificationError::InvalidNonce(_) => "its nonce is not that of this sign-in",
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => "it is signed with an unknown key",
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::DisallowedAlg(_),
        ) => "it is not signed with RS256",
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::AmbiguousKeyId(_),
        ) => "several published keys have its key id",
        ClaimsVerificationError::SignatureVerification(_) => "its signature is invalid",
        _ => "a claim or header is malformed",
    }
}

fn now() -> i64 {
    clock::now().assume_utc().unix_timestamp()
}
