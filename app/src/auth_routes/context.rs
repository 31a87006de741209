//! Arguments and results of the sign-in handlers: context, callback parameters, redirect with cookies, error pages.

#![expect(
    refining_impl_trait,
    reason = "every extractor fails with the one `Error` and says so"
)]

use std::sync::Arc;

use cookie::Cookie;
use salvo::extract::Metadata;
use salvo::http::StatusCode;
use salvo::http::header::{HOST, HeaderValue, LOCATION};
use salvo::{Depot, Extractible, Request, Response, Writer, async_trait};
use serde::Deserialize;
use tower_sessions_core::session::Id;

use crate::auth::{Callback, RequestSession, SignIn, SignInError};
use crate::extract::{Query, no_metadata, state};
use crate::response::{Error, ErrorDetails, RecoveryLink};

/// Sign-in, and what the request's cookies say about it; 501 when sign-in is not configured.
pub(super) struct SignInContext {
    pub(super) sign_in: Arc<SignIn>,
    /// From the session cookie; the session may have ended.
    pub(super) session_id: Option<Id>,
    /// From the sign-in cookies.
    pub(super) browser_tokens: Vec<String>,
}

impl<'ex> Extractible<'ex> for SignInContext {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let sign_in = state(depot)?.sign_in.clone();
        let sign_in = sign_in.ok_or_else(Error::not_configured)?;
        let session = depot.get_typed::<RequestSession>().ok();
        Ok(Self {
            session_id: session.and_then(|session| session.id),
            browser_tokens: sign_in.cookies().browser_tokens(request),
            sign_in,
        })
    }
}

/// The query string of the request as it was sent, with its `?`.
pub(super) struct QueryString(pub(super) String);

impl<'ex> Extractible<'ex> for QueryString {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, _: &'ex mut Depot) -> Result<Self, Error> {
        let query = request.uri().query();
        Ok(Self(
            query.map(|query| format!("?{query}")).unwrap_or_default(),
        ))
    }
}

/// The request's `Host`; empty without one.
pub(super) struct RequestHost(pub(super) String);

impl<'ex> Extractible<'ex> for RequestHost {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, _: &'ex mut Depot) -> Result<Self, Error> {
        let host = request.headers().get(HOST);
        let host = host.and_then(|host| host.to_str().ok());
        Ok(Self(host.unwrap_or_default().to_owned()))
    }
}

/// The parameters of the callback as they were sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: String,
    iss: Option<String>,
}

impl TryFrom<CallbackQuery> for Callback {
    type Error = SignInError;

    fn try_from(query: CallbackQuery) -> Result<Self, SignInError> {
        if query.state.is_none() && query.code.is_none() && query.error.is_none() {
            return Err(SignInError::NoParameters);
        }
        let state = query.state.filter(|state| !state.is_empty());
        let error = query.error.as_deref();
        Ok(Self {
            state: state.ok_or(SignInError::InvalidCallback("it has no state"))?,
            code: query.code.unwrap_or_default(),
            error: error.map(|error| SignInError::from_callback(error, &query.error_description)),
            issuer: query.iss,
        })
    }
}

impl<'ex> Extractible<'ex> for Callback {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let query = Query::<CallbackQuery>::extract(request, depot).await;
        let query = query.map_err(|_| {
            SignInError::InvalidCallback("a parameter is duplicated or not valid UTF-8")
        })?;
        Ok(Self::try_from(query.0)?)
    }
}

/// 303 with cookies.
pub(super) struct RedirectWithCookies {
    location: String,
    cookies: Vec<Cookie<'static>>,
}

impl RedirectWithCookies {
    pub(super) fn to(location: impl Into<String>) -> Self {
        Self {
            location: location.into(),
            cookies: Vec::new(),
        }
    }

    pub(super) fn with(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }
}

#[async_trait]
impl Writer for RedirectWithCookies {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        let location = match HeaderValue::from_str(&self.location) {
            Ok(location) => location,
            Err(cause) => {
                let error = Error::Unexpected(cause.into());
                return error.write(request, depot, response).await;
            }
        };
        response.headers_mut().insert(LOCATION, location);
        for cookie in self.cookies {
            response.add_cookie(cookie);
        }
        response.status_code(StatusCode::SEE_OTHER);
    }
}

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
        let (title, message) = title_and_message(&error);
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
fn title_and_message(error: &SignInError) -> (&'static str, &'static str) {
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
            "This account cannot sign in to this site",
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
