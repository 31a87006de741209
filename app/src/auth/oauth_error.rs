//! What the provider says of a failure, in OAuth's terms (RFC 6749, 4.1.2.1 and 5.2).

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{RequestTokenError, StandardErrorResponse};

use super::error::SignInError;
use super::outbound::OutboundError;

/// Why the token endpoint gave no tokens.
type TokenError = RequestTokenError<OutboundError, StandardErrorResponse<CoreErrorResponseType>>;

/// The provider's own text may hold anything; its error code and AADSTS number tell enough.
pub(super) fn token_error(error: TokenError) -> SignInError {
    match error {
        RequestTokenError::Request(cause) => cause.into(),
        RequestTokenError::ServerResponse(refused) => {
            let number = refused.error_description().map(|text| aadsts_number(text));
            let number = number.unwrap_or_default();
            let reason = format!("{} {number}", error_code(refused.error().as_ref()));
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

/// An error code as RFC 6749 allows it, and nothing else.
pub(super) fn error_code(text: &str) -> String {
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
