//! Errors, named by the response that the visitor sees.

use std::time::Duration;

use salvo::http::StatusCode;
use salvo::http::header::{
    CACHE_CONTROL, CONNECTION, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use salvo::{Depot, Request, Response, Writer, async_trait};
use sea_orm::{DbErr, SqlErr};

use super::error_page::{ErrorDetails, ErrorPage, RecoveryLink, is_api, wants_json};
use super::rejection::Rejection;
use super::sent_form::SentForm;
use crate::auth::return_address::sign_in_path;
use crate::auth::{ACCESS_AS_USER, BearerError};
use crate::database::is_unavailable;
use crate::state::AppState;
use crate::telemetry::RequestId;

/// `Retry-After` of a 503.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);

/// The message of the 501 page, for the administrator.
const NOT_CONFIGURED: &str = "Sign-in is not set up on this site. To set it up, an administrator sets AZURE_CLIENT_ID, AZURE_TENANT_ID, \
    SESSION_SECRET_KEY and a client secret or a managed identity, without spaces or quotes around the values, and restarts the site. \
    Everything else works without it.";

/// An error as the visitor sees it, with the cause for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such page or row: 404.
    #[error("not found")]
    NotFound,
    /// The request is malformed; the text says why and is shown to the visitor: 400.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The request is not allowed; the text says why and is shown to the visitor: 403.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Another status of the 4xx class, such as 405, 408, 413 or 415, with its standard text.
    #[error("{0}")]
    Status(StatusCode),
    /// The content of the request is not valid; contains each part that is not valid.
    #[error("{}", .0.detail)]
    Rejected(Box<Rejection>),
    /// The bearer token does not give access: 401 or 403 (RFC 6750, section 3.1).
    #[error("{0}")]
    Bearer(BearerError),
    /// Sign-in is required: a redirect to the sign-in page and back to this path (303), or 401 for a form, which
    /// can be sent again after the sign-in, and for a program.
    #[error("sign-in required")]
    SignInRequired { return_to: String },
    /// An error with its own status, title, message and links.
    #[error("{}", .0.title)]
    Detailed(Box<ErrorDetails>),
    /// The rate limit of the client address is reached; the time until the next request is allowed: 429.
    #[error("too many requests")]
    TooManyRequests(Duration),
    /// The database is unavailable or the site is overloaded: 503.
    #[error("unavailable: {0:#}")]
    Unavailable(anyhow::Error),
    /// An internal error: 500, with the cause in one log line.
    #[error("{0:#}")]
    Unexpected(#[from] anyhow::Error),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::RecordNotFound(_) => Self::NotFound,
            // The parent row was deleted by another request.
            _ if matches!(
                error.sql_err(),
                Some(SqlErr::ForeignKeyConstraintViolation(_))
            ) =>
            {
                Self::NotFound
            }
            _ if is_unavailable(&error) => Self::Unavailable(error.into()),
            _ => Self::Unexpected(error.into()),
        }
    }
}

impl From<BearerError> for Error {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Unavailable(cause) => Self::Unavailable(cause.into()),
            error => Self::Bearer(error),
        }
    }
}

impl Error {
    /// Sign-in is not set up here: 501.
    pub fn not_configured() -> Self {
        Self::Detailed(Box::new(ErrorDetails {
            status: StatusCode::NOT_IMPLEMENTED,
            title: "Azure authentication not configured",
            message: NOT_CONFIGURED.to_owned(),
            recovery_links: vec![RecoveryLink::START],
            reason: "AZURE_CLIENT_ID is not set".to_owned(),
        }))
    }

    /// The error for a status that the framework has set.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::BAD_REQUEST => Self::BadRequest("The request is malformed."),
            _ if status.is_client_error() => Self::Status(status),
            _ => Self::Unexpected(anyhow::anyhow!("the framework set the status {status}")),
        }
    }
}

#[async_trait]
impl Writer for Error {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        self.log();
        self.report_database_error(depot);
        let is_page_request = request.method().is_safe() && !wants_json(request);
        if let Some(address) = self.sign_in_address().filter(|_| is_page_request) {
            response.headers_mut().insert(LOCATION, address);
            response.status_code(StatusCode::SEE_OTHER);
        } else {
            let page = self.page(request, depot).await;
            page.write(request, depot, response);
        }
        self.add_headers(response);
        if let Some(challenge) = self.challenge(request) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
    }
}

impl Error {
    async fn page(&self, request: &mut Request, depot: &Depot) -> ErrorPage<'_> {
        let reference = depot.get_typed::<RequestId>().map(RequestId::to_string);
        let form = SentForm::of(request, depot).await;
        let is_page_request = request.method().is_safe();
        ErrorPage {
            retry_path: (is_page_request && self.is_transient())
                .then(|| retry_path(request, depot)),
            sign_in_path: match self {
                Self::SignInRequired { return_to } => Some(sign_in_path(return_to)),
                _ => None,
            },
            may_resend: self.is_transient() || matches!(self, Self::SignInRequired { .. }),
            form,
            status: self.status().as_u16(),
            title: self.title(),
            message: if wants_json(request) {
                self.detail()
            } else {
                self.message()
            },
            reference: reference.unwrap_or_default(),
            recovery_links: match self {
                Self::Detailed(details) => details.recovery_links.clone(),
                _ => vec![RecoveryLink::START],
            },
            errors: match self {
                Self::Rejected(rejection) => rejection.parts.as_slice(),
                _ => &[],
            },
        }
    }

    /// Reports an error of the database to the pool, which may replace its connections.
    fn report_database_error(&self, depot: &Depot) {
        let (Self::Unavailable(cause) | Self::Unexpected(cause)) = self else {
            return;
        };
        let error = cause.downcast_ref::<DbErr>();
        if let (Some(error), Ok(state)) = (error, depot.get_typed::<AppState>()) {
            state.database.handle_failure(error);
        }
    }

    /// The challenge of a 401, and of a 403 for a token without the scope (RFC 6750, section 3).
    fn challenge(&self, request: &Request) -> Option<HeaderValue> {
        let challenge = match self {
            Self::Bearer(BearerError::InsufficientScope) => {
                format!("Bearer error=\"insufficient_scope\", scope=\"{ACCESS_AS_USER}\"")
            }
            Self::Bearer(_) => "Bearer error=\"invalid_token\"".to_owned(),
            Self::SignInRequired { .. } if is_api(request) => "Bearer".to_owned(),
            _ => return None,
        };
        HeaderValue::from_str(&challenge).ok()
    }

    fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after() {
            // Whole seconds, rounded up.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if matches!(
            self.status(),
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            // The rest of the request body is not read.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// The address of the sign-in page that returns to the requested page.
    fn sign_in_address(&self) -> Option<HeaderValue> {
        let Self::SignInRequired { return_to } = self else {
            return None;
        };
        HeaderValue::from_str(&sign_in_path(return_to)).ok()
    }

    /// Whether the same request may succeed later.
    fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::TooManyRequests(_) | Self::Unavailable(_) | Self::Unexpected(_)
        )
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) | Self::Bearer(BearerError::InsufficientScope) => {
                StatusCode::FORBIDDEN
            }
            Self::Status(status) => *status,
            Self::Rejected(rejection) => rejection.status,
            Self::Bearer(_) | Self::SignInRequired { .. } => StatusCode::UNAUTHORIZED,
            Self::Detailed(details) => details.status,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(wait) => Some(*wait),
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(UNAVAILABLE_RETRY),
            _ => None,
        }
    }

    /// Writes one log line with the cause, which is not shown to the visitor. A 404 and other plain
    /// 4xx statuses are in the request's own log line.
    fn log(&self) {
        match self {
            Self::Unexpected(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "request failed");
            }
            Self::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "service unavailable");
            }
            Self::Detailed(details) => {
                tracing::warn!(reason = details.reason, "request rejected");
            }
            Self::NotFound | Self::Status(_) => {}
            _ => tracing::info!(reason = %self, "request rejected"),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Detailed(details) => details.title,
            Self::NotFound => "Page not found",
            Self::SignInRequired { .. } => "Sign in to continue",
            _ => self.status().canonical_reason().unwrap_or("Error"),
        }
    }

    /// What is wrong, for a program.
    fn detail(&self) -> String {
        match self {
            Self::NotFound => "There is nothing at this address. It may have been deleted.".to_owned(),
            Self::SignInRequired { .. } => "This requires sign-in: send the session cookie or, to the API, an access token in the header Authorization.".to_owned(),
            _ => self.message(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound => "There is no page at this address. It may have been moved or deleted.",
            Self::BadRequest(reason) | Self::Forbidden(reason) => reason,
            Self::Status(status) => status_message(*status),
            Self::Rejected(rejection) => return rejection.detail.clone(),
            Self::Bearer(error) => error.message(),
            Self::SignInRequired { .. } => "You are not signed in, or your session has ended. Nothing has been saved yet: keep this page open, sign in in a new tab, then come back and select “Try again”.",
            Self::Detailed(details) => return details.message.clone(),
            Self::TooManyRequests(_) => "Too many requests from your address. Wait a moment, then try again.",
            Self::Unavailable(_) => "The site is temporarily unavailable. Try again in a few seconds.",
            Self::Unexpected(_) => "Something went wrong on our side. The error has been logged. Try again later.",
        }
        .to_owned()
    }
}

/// The requested page, or a new sign-in instead of its callback, which can be used only once.
fn retry_path(request: &Request, depot: &Depot) -> String {
    let state = depot.get_typed::<AppState>().ok();
    let sign_in = state.and_then(|state| state.sign_in.as_ref());
    let path = request.uri().path();
    if sign_in.is_some_and(|sign_in| sign_in.callback_path() == path) {
        return sign_in_path("/");
    }
    let address = request.uri().path_and_query();
    address.map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn status_message(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "This address does not support that request method.",
        StatusCode::NOT_ACCEPTABLE => "The API returns JSON only: send Accept: application/json.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive.",
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "The request is too large."
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "The content type must be application/x-www-form-urlencoded."
        }
        _ => "The request was rejected.",
    }
}
