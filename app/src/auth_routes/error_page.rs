//! The error pages of sign-in.

use salvo::http::StatusCode;

use crate::auth::SignInError;
use crate::response::{Error, ErrorDetails, RecoveryLink};

const TRY_AGAIN: RecoveryLink = RecoveryLink {
    path: "/auth/login",
    label: "Sign in again",
};

/// Without `prompt` the provider would sign in the same account again.
const CHOOSE_ANOTHER: RecoveryLink = RecoveryLink {
    path: "/auth/login?prompt=select_account",
    label: "Choose another account",
};

const NO_PARAMETERS: &str = "The sign-in returned without a result. If Microsoft showed an error about the redirect URI (AADSTS50011), \
    the redirect URI registered for this application must be exactly the one that this site uses; see AZURE_REDIRECT_URI.";

impl From<SignInError> for Error {
    fn from(error: SignInError) -> Self {
        if matches!(error, SignInError::Database(_)) {
            return Self::Unavailable(error.into());
        }
        let (title, message) = words(&error);
        let again = match error {
            SignInError::TenantNotAllowed => CHOOSE_ANOTHER,
            _ => TRY_AGAIN,
        };
        Self::Detailed(Box::new(ErrorDetails {
            status: status(&error),
            title,
            message: message.to_owned(),
            recovery_links: vec![again, RecoveryLink::START],
            reason: format!("sign-in failed: {error}"),
        }))
    }
}

fn status(error: &SignInError) -> StatusCode {
    match error {
        SignInError::Denied | SignInError::TenantNotAllowed => StatusCode::FORBIDDEN,
        SignInError::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        SignInError::Provider(_) | SignInError::Database(_) => StatusCode::BAD_GATEWAY,
        SignInError::NoParameters
        | SignInError::UnknownAttempt(_)
        | SignInError::InvalidCallback(_)
        | SignInError::Expired
        | SignInError::Refused(_) => StatusCode::BAD_REQUEST,
    }
}

/// The title of the page, and what it says.
fn words(error: &SignInError) -> (&'static str, &'static str) {
    match error {
        SignInError::NoParameters => ("Invalid redirect URI", NO_PARAMETERS),
        SignInError::UnknownAttempt(_) | SignInError::InvalidCallback(_) => (
            "Sign-in could not be completed",
            "This sign-in was not started in this browser, or it was already used. Allow cookies for this site and sign in again.",
        ),
        SignInError::Expired => (
            "The sign-in has expired",
            "The sign-in took longer than ten minutes. Sign in again.",
        ),
        SignInError::Denied => (
            "Sign-in was declined",
            "You or your organization did not consent to the sign-in. You can still read the public pages.",
        ),
        SignInError::Refused(_) => (
            "Sign-in was refused",
            "Microsoft did not complete the sign-in. Sign in again. If that fails, send the reference below to the administrator of this site.",
        ),
        SignInError::TenantNotAllowed => (
            "This account may not sign in here",
            "This site does not accept accounts of your organization. Choose another account.",
        ),
        SignInError::TimedOut => (
            "Microsoft is not responding",
            "Signing in took too long. Wait a moment, then sign in again.",
        ),
        SignInError::Provider(_) | SignInError::Database(_) => (
            "Sign-in is unavailable",
            "Microsoft's response could not be used. Sign in again. If that fails, send the reference below to the administrator of this site.",
        ),
    }
}
