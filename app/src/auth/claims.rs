//! What an ID token of Entra's says (<https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>).

use openidconnect::core::CoreGenderClaim;
use openidconnect::{AdditionalClaims, IdTokenClaims};
use serde::{Deserialize, Serialize};

/// Entra's own claims.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct EntraClaims {
    pub tid: Option<String>,
    pub oid: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    pub(super) nbf: Option<serde_json::Number>,
}

impl AdditionalClaims for EntraClaims {}

/// An ID token's claims that have been verified.
pub(super) type VerifiedClaims = IdTokenClaims<EntraClaims, CoreGenderClaim>;
