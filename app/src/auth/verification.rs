//! Whether an ID token is what it says (OpenID Connect Core 1.0, section 3.1.3.7, and Microsoft Entra's
//! rules: <https://learn.microsoft.com/entra/identity-platform/id-tokens>).

use std::time::Instant;

use chrono::DateTime;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IdTokenVerifier, IssuerUrl,
    Nonce, SignatureVerificationError,
};

use super::claims::VerifiedClaims;
use super::error::SignInError;
use super::provider::{Conversation, Metadata, is_tenant_id};
use super::tokens::Tokens;
use crate::clock;
use crate::config::{AllowedTenants, ProviderConfig};

/// How far the provider's clock may be off ours, in seconds.
const CLOCK_LEEWAY: i64 = 120;

/// Longer than any subject of Entra's, which has 43 characters (OpenID Connect allows 255).
const SUBJECT_LIMIT: usize = 255;

/// The tenant of all personal Microsoft accounts.
const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The claims of the token, if every rule holds.
pub(super) async fn verify(
    provider: &Conversation<'_>,
    client_id: &str,
    tokens: &Tokens,
    nonce: String,
) -> Result<VerifiedClaims, SignInError> {
    let metadata = provider.metadata().await?;
    let nonce = Nonce::new(nonce);
    let check = |keys: &CoreJsonWebKeySet| {
        check_signed_claims(&metadata, client_id, (tokens, &nonce), keys)
    };
    let known = provider.keys().await?;
    let mut keys = known.to_set(Instant::now());
    let mut checked = check(&keys);
    if is_unknown_key(&checked)
        && let Some(newer) = provider.newer_keys(&known).await?
    {
        keys = newer.to_set(Instant::now());
        checked = check(&keys);
    }
    let claims = checked.map_err(|error| refused(reason(&error)))?;
    check_tenant(&metadata, provider.config(), &claims)?;
    check_access_token(tokens, &keys, &claims)?;
    check_times_and_names(client_id, &claims)?;
    Ok(claims)
}

/// Signature (RS256 alone), audience, expiry and nonce are the library's.
fn check_signed_claims(
    metadata: &Metadata,
    client_id: &str,
    (tokens, nonce): (&Tokens, &Nonce),
    keys: &CoreJsonWebKeySet,
) -> Result<VerifiedClaims, ClaimsVerificationError> {
    let issuer = IssuerUrl::new(metadata.issuer().to_owned())
        .map_err(|_| ClaimsVerificationError::Other("the issuer is malformed".to_owned()))?;
    let verifier: IdTokenVerifier<'_, CoreJsonWebKey> = IdTokenVerifier::new_public_client(
        ClientId::new(client_id.to_owned()),
        issuer,
        keys.clone(),
    )
    .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
    // Its issuer may hold a template: `check_tenant` compares the whole.
    .require_issuer_match(false)
    .set_time_fn(|| DateTime::from_timestamp(now() - CLOCK_LEEWAY, 0).unwrap_or_default());
    tokens.id_token.claims(&verifier, nonce).cloned()
}

/// The token's issuer is exactly that of its tenant, and the tenant is one that may sign in.
fn check_tenant(
    metadata: &Metadata,
    config: &ProviderConfig,
    claims: &VerifiedClaims,
) -> Result<(), SignInError> {
    let tenant = claims
        .additional_claims()
        .tid
        .as_deref()
        .filter(|tid| is_tenant_id(tid));
    let tenant = tenant.ok_or_else(|| refused("it names no tenant"))?;
    if claims.issuer().as_str() != metadata.issuer_of(tenant) || !claims.issuer().contains(tenant) {
        return Err(refused("its issuer is not that of its tenant"));
    }
    let personal = tenant.eq_ignore_ascii_case(PERSONAL_TENANT);
    let allowed = match config.tenant.to_ascii_lowercase().as_str() {
        "organizations" => !personal,
        "consumers" => personal,
        _ => true,
    };
    let listed = match &config.allowed_tenants {
        AllowedTenants::Own | AllowedTenants::Any => true,
        AllowedTenants::Listed(tenants) => tenants.contains(&tenant.to_ascii_lowercase()),
    };
    (allowed && listed)
        .then_some(())
        .ok_or(SignInError::TenantNotAllowed)
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
    keys.keys()
        .first()
        .is_some_and(matches)
        .then_some(())
        .ok_or_else(|| refused("its access token is another one"))
}

/// The hash depends on the algorithm alone, which is RS256; the library asks for a key all the same.
fn access_token_hash(token: &AccessToken, key: &CoreJsonWebKey) -> Option<AccessTokenHash> {
    AccessTokenHash::from_token(token, &CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, key).ok()
}

fn check_times_and_names(client_id: &str, claims: &VerifiedClaims) -> Result<(), SignInError> {
    let latest = now() + CLOCK_LEEWAY;
    let begins = claims.additional_claims().nbf.as_ref();
    if begins.is_some_and(|nbf| nbf.as_i64().is_none_or(|nbf| nbf > latest)) {
        return Err(refused("it is not valid yet"));
    }
    if claims.issue_time().timestamp() > latest {
        return Err(refused("it was issued in the future"));
    }
    if claims
        .authorized_party()
        .is_some_and(|party| party.as_str() != client_id)
    {
        return Err(refused("it was issued to another client"));
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > SUBJECT_LIMIT {
        return Err(refused("it names no subject"));
    }
    let object = claims.additional_claims().oid.as_deref();
    let named = object.is_some_and(is_tenant_id);
    named
        .then_some(())
        .ok_or_else(|| refused("it names no object id"))
}

fn is_unknown_key(checked: &Result<VerifiedClaims, ClaimsVerificationError>) -> bool {
    matches!(
        checked,
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

fn refused(reason: &str) -> SignInError {
    SignInError::Provider(format!("its ID token is refused: {reason}"))
}

/// The library's error repeats the token's own words; these do not.
fn reason(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired",
        ClaimsVerificationError::InvalidAudience(_) => "it is for another audience",
        ClaimsVerificationError::InvalidNonce(_) => "its nonce is not this sign-in's",
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => "no published key has signed it",
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::DisallowedAlg(_),
        ) => "it is not signed with RS256",
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::AmbiguousKeyId(_),
        ) => "it does not say which published key has signed it",
        ClaimsVerificationError::SignatureVerification(_) => "its signature is wrong",
        _ => "a claim or header is not as it must be",
    }
}

fn now() -> i64 {
    clock::now().assume_utc().unix_timestamp()
}
