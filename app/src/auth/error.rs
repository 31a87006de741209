//! Sign-in errors, and what the provider's OAuth error responses become (RFC 6749, 4.1.2.1 and 5.2).

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{RequestTokenError, StandardErrorResponse};
use sea_orm::DbErr;
use tower_sessions_core::session_store;

use crate::managed_identity::IdentityError;
use crate::outbound::OutboundError;

/// Why a sign-in failed; holds no secret and no text of the provider's.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    #[error("the callback was opened without parameters")]
    NoParameters,
    #[error("the callback does not belong to a sign-in of this browser: {0}")]
    UnknownAttempt(&'static str),
    #[error("the callback is invalid: {0}")]
    InvalidCallback(&'static str),
    #[error("the sign-in took longer than ten minutes")]
    Expired,
    #[error("the user or an administrator declined")]
    Denied,
    /// An OAuth error code, reduced to the characters that such codes may contain.
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("the provider failed: {0}")]
    Provider(String),
    #[error("the provider did not respond in time")]
    TimedOut,
    #[error("the tenant is not one of AZURE_ALLOWED_TENANTS")]
    TenantNotAllowed,
    #[error("the database failed: {0}")]
    Database(String),
}

/// Error of a token request.
type TokenError = RequestTokenError<SignInError, StandardErrorResponse<CoreErrorResponseType>>;

impl SignInError {
    /// A fault of the provider.
    pub(super) fn provider(reason: &str) -> Self {
        Self::Provider(reason.to_owned())
    }

    /// An error response in the callback's parameters.
    pub fn from_callback(error: &str, description: &str) -> Self {
        match error {
            "access_denied" => Self::Denied,
            _ => Self::Refused(summary(error, Some(description))),
        }
    }
}

impl From<OutboundError> for SignInError {
    fn from(error: OutboundError) -> Self {
        match error {
            OutboundError::TimedOut => Self::TimedOut,
            other => Self::Provider(other.to_string()),
        }
    }
}

impl From<IdentityError> for SignInError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Call(cause) => cause.into(),
            other => Self::Provider(other.to_string()),
        }
    }
}

impl From<TokenError> for SignInError {
    fn from(error: TokenError) -> Self {
        match error {
            RequestTokenError::Request(cause) => cause,
            RequestTokenError::ServerResponse(response) => {
                let description = response.error_description().map(String::as_str);
                let reason = summary(response.error().as_ref(), description);
                match response.error() {
                    // The code is invalid or has expired: neither the site nor the provider is at fault.
                    CoreErrorResponseType::InvalidGrant => Self::Refused(reason),
                    _ => Self::Provider(format!("the token endpoint returned {reason}")),
                }
            }
            // Of the used members, the other two are plain strings.
            RequestTokenError::Parse(..) => {
                Self::provider("the token endpoint's error response or id_token is malformed")
            }
            RequestTokenError::Other(_) => {
                Self::provider("the token endpoint's response is malformed")
            }
        }
    }
}

impl From<session_store::Error> for SignInError {
    fn from(error: session_store::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<DbErr> for SignInError {
    fn from(error: DbErr) -> Self {
        Self::Database(error.to_string())
    }
}

/// The OAuth error code and Entra's AADSTS number. The rest of a description can contain anything and
/// is not logged.
fn summary(error: &str, description: Option<&str>) -> String {
    let code: String = error
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(64)
        .collect();
    let number = description.map(aadsts_number).unwrap_or_default();
    format!("{code} {number}").trim().to_owned()
}

/// `AADSTS` and its digits, if the text begins with them.
fn aadsts_number(text: &str) -> String {
    let digits = text.strip_prefix("AADSTS").unwrap_or_default();
    let digits: String = digits
        .chars()
        .take_while(char::is_ascii_digit)
        .take(10)
        .collect();
    if digits.is_empty() {
        return digits;
    }
    format!("AADSTS{digits}")
}
