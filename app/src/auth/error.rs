//! Why a sign-in has failed: what the visitor reads and does, and the one line of the log.

use salvo::http::StatusCode;
use sea_orm::DbErr;
use tower_sessions_core::session_store;

use crate::database::is_unavailable;
use crate::managed_identity::IdentityError;
use crate::outbound::OutboundError;
use crate::response::{Error, ErrorDetails, RecoveryLink};

/// Why a sign-in has failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    #[error("the callback was opened without parameters")]
    NoParameters,
    #[error("the callback does not belong to a sign-in of this browser: {0}")]
    Unknown(&'static str),
    #[error("the sign-in took longer than ten minutes")]
    Expired,
    #[error("the person or an administrator declined")]
    Denied,
    /// An OAuth error code, cut to what such codes may contain.
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("the provider failed: {0}")]
    Provider(String),
    #[error("the provider did not answer in time")]
    TimedOut,
    #[error("the tenant is not one of AZURE_ALLOWED_TENANTS")]
    TenantNotAllowed,
    #[error("the sign-in could not be stored: {0}")]
    Store(DbErr),
}

impl SignInError {
    /// A failure of the provider, said in our own words.
    pub fn provider(reason: &str) -> Self {
        Self::Provider(reason.to_owned())
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

impl From<session_store::Error> for SignInError {
    fn from(error: session_store::Error) -> Self {
        Self::Store(DbErr::Custom(error.to_string()))
    }
}

impl From<DbErr> for SignInError {
    fn from(error: DbErr) -> Self {
        Self::Store(error)
    }
}

impl From<SignInError> for Error {
    fn from(error: SignInError) -> Self {
        if let SignInError::Store(cause) = &error {
            let cause = cause.clone();
            return if is_unavailable(&cause) {
                cause.into()
            } else {
                Self::Unavailable(cause.into())
            };
        }
        let (status, title, message) = explain(&error);
        let again = match error {
            SignInError::TenantNotAllowed => CHOOSE_ANOTHER,
            _ => TRY_AGAIN,
        };
        Self::Detailed(Box::new(ErrorDetails {
            status,
            title,
            message: message.to_owned(),
            recovery_links: vec![again, RecoveryLink::START],
            reason: format!("sign-in failed: {error}"),
        }))
    }
}

const TRY_AGAIN: RecoveryLink = RecoveryLink {
    path: "/auth/login",
    label: "Sign in again",
};

/// Without the question the provider would sign the same account in again.
const CHOOSE_ANOTHER: RecoveryLink = RecoveryLink {
    path: "/auth/login?prompt=select_account",
    label: "Choose another account",
};

fn explain(error: &SignInError) -> (StatusCode, &'static str, &'static str) {
    match error {
        SignInError::NoParameters => (
            StatusCode::BAD_REQUEST,
            "Invalid redirect URI",
            "The sign-in came back with nothing. If Microsoft showed an error about the redirect URI (AADSTS50011), \
             the address registered for this application must be exactly the one that this site uses; see AZURE_REDIRECT_URI.",
        ),
        SignInError::Unknown(_) => (
            StatusCode::BAD_REQUEST,
            "Sign-in could not be completed",
            "This answer does not belong to a sign-in that was started in this browser, or it was used before. \
             Please start again; cookies must be allowed.",
        ),
        SignInError::Expired => (
            StatusCode::BAD_REQUEST,
            "The sign-in has expired",
            "It took longer than ten minutes. Please try again.",
        ),
        SignInError::Denied => (
            StatusCode::FORBIDDEN,
            "Sign-in was declined",
            "You or your organisation did not consent to the sign-in. Without it the public pages are still yours to read.",
        ),
        SignInError::Refused(_) => (
            StatusCode::BAD_REQUEST,
            "Sign-in was refused",
            "Microsoft did not complete the sign-in. Please try again; if it goes on, tell the people who run this site the reference below.",
        ),
        SignInError::TenantNotAllowed => (
            StatusCode::FORBIDDEN,
            "This account may not sign in here",
            "Your organisation is not one of those that this site is open to. Please choose another account.",
        ),
        SignInError::TimedOut => (
            StatusCode::GATEWAY_TIMEOUT,
            "Sign-in is not answering",
            "Microsoft's sign-in did not answer in time. Please try again in a moment.",
        ),
        SignInError::Provider(_) | SignInError::Store(_) => (
            StatusCode::BAD_GATEWAY,
            "Sign-in is not working",
            "Something is wrong between this site and Microsoft's sign-in. Please try again; if it goes on, tell the people who run this site the reference below.",
        ),
    }
}
