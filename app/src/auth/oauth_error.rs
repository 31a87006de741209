//! What the provider says of a failure, in OAuth's terms (RFC 6749, 4.1.2.1 and 5.2).

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{RequestTokenError, StandardErrorResponse};

use super::error::SignInError;
use crate::outbound::OutboundError;

/// Why the token endpoint gave no tokens.
type TokenError = RequestTokenError<OutboundError, StandardErrorResponse<CoreErrorResponseType>>;

/// The provider's own text may hold anything; its error code and AADSTS number tell enough.
pub(super) fn token_error(error: TokenError) -> SignInError {
    match error {
        RequestTokenError::Request(cause) => cause.into(),
        RequestTokenError::ServerResponse(refused) => {
            let description = refused.error_description().map(String::as_str);
            let reason = summary(refused.error().as_ref(), description);
            match refused.error() {
                // The code was not good, or not any more: nothing is wrong with the site.
                CoreErrorResponseType::InvalidGrant => SignInError::Refused(reason),
                _ => SignInError::Provider(format!("the token endpoint answers {reason}")),
            }
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            SignInError::provider("the token endpoint's answer cannot be understood")
        }
    }
}

/// The error code and Entra's number: what the log may hold of an error.
pub(super) fn summary(error: &str, description: Option<&str>) -> String {
    let number = description.map(aadsts_number).unwrap_or_default();
    format!("{} {number}", error_code(error)).trim().to_owned()
}

/// An error code as RFC 6749 allows it, and nothing else.
fn error_code(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(64)
        .collect()
}

/// `AADSTS` and its digits, where Entra's text begins with it.
fn aadsts_number(text: &str) -> String {
    let digits = text.strip_prefix("AADSTS").unwrap_or_default();
    let digits: String = digits
        .chars()
        .take_while(char::is_ascii_digit)
        .take(10)
        .collect();
    if digits.is_empty() {
        digits
    } else {
        format!("AADSTS{digits}")
    }
}
