//! Why a request failed, named by what the visitor sees.

use std::time::Duration;

use salvo::http::StatusCode;
use salvo::http::header::{CACHE_CONTROL, CONNECTION, HeaderValue, LOCATION, RETRY_AFTER};
use salvo::{Depot, Request, Response, Writer, async_trait};
use sea_orm::{DbErr, SqlErr};

use super::error_page::{ErrorDetails, ErrorPage, RecoveryLink, wants_json};
use crate::database::is_unavailable;
use crate::telemetry::RequestId;

/// When a client should try again after a 503.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);

/// What to do about it, for those who run the site.
const NOT_CONFIGURED: &str = "Nobody can sign in here yet. Whoever runs this site sets AZURE_CLIENT_ID, AZURE_TENANT_ID, \
    SESSION_SECRET_KEY and a client secret or a managed identity, without blanks or quotes around them, and starts it again. \
    The rest of the site works without it.";

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing at this address: 404.
    #[error("not found")]
    NotFound,
    /// The request cannot be understood; the text says why and may be shown: 400.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The request is understood and not allowed; the text may be shown: 403.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The protocol's own refusals: 405, 408, 413, 415 and the like.
    #[error("{0}")]
    Status(StatusCode),
    /// Only for whoever has signed in: to the sign-in and back to this path (303), or 401 for a program.
    #[error("sign-in required")]
    SignInRequired { return_to: String },
    /// A part of the site that explains itself, with its own status.
    #[error("{}", .0.title)]
    Detailed(Box<ErrorDetails>),
    /// Too many requests from one address; try again after so long: 429.
    #[error("too many requests")]
    TooManyRequests(Duration),
    /// Not now: the database is away, or there is more to do than can be done: 503.
    #[error("unavailable: {0:#}")]
    Unavailable(anyhow::Error),
    /// A fault of ours: 500, with one line in the log.
    #[error("{0:#}")]
    Unexpected(#[from] anyhow::Error),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::RecordNotFound(_) => Self::NotFound,
            // What the row belongs to was deleted meanwhile.
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

    /// The answer to a status that the framework has set by itself.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::BAD_REQUEST => Self::BadRequest("The request could not be understood."),
            _ if status.is_client_error() => Self::Status(status),
            _ => Self::Unexpected(anyhow::anyhow!("the framework answered {status}")),
        }
    }
}

#[async_trait]
impl Writer for Error {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        self.log();
        match self.sign_in_address().filter(|_| !wants_json(request)) {
            Some(address) => {
                response.headers_mut().insert(LOCATION, address);
                response.status_code(StatusCode::SEE_OTHER);
            }
            None => self.page(depot).answer(request, depot, response),
        }
        self.add_headers(response);
    }
}

impl Error {
    fn page(&self, depot: &Depot) -> ErrorPage {
        let reference = depot.get_typed::<RequestId>().map(RequestId::to_string);
        ErrorPage {
            status: self.status().as_u16(),
            title: self.title(),
            message: self.message(),
            reference: reference.unwrap_or_default(),
            recovery_links: match self {
                Self::Detailed(explanation) => explanation.recovery_links.clone(),
                _ => vec![RecoveryLink::START],
            },
        }
    }

    fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after() {
            // Whole seconds, and never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if matches!(
            self.status(),
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            // The rest of the body stays unread.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Where a browser goes to sign in, and comes back from.
    fn sign_in_address(&self) -> Option<HeaderValue> {
        let Self::SignInRequired { return_to } = self else {
            return None;
        };
        let next: String = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        HeaderValue::from_str(&format!("/auth/login?next={next}")).ok()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Status(status) => *status,
            Self::SignInRequired { .. } => StatusCode::UNAUTHORIZED,
            Self::Detailed(explanation) => explanation.status,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(wait) => Some(*wait),
            Self::Unavailable(_) => Some(UNAVAILABLE_RETRY),
            _ => None,
        }
    }

    /// One line with the reason, and for a fault, which is ours to mend, with the whole cause; nothing
    /// of it is for the visitor. The line of the request says enough of an address that does not exist.
    fn log(&self) {
        match self {
            Self::Unexpected(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "a request failed");
            }
            Self::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "a request was put off");
            }
            Self::Detailed(explanation) => {
                tracing::warn!(reason = explanation.reason, "a request was refused");
            }
            Self::NotFound | Self::Status(_) => {}
            _ => tracing::info!(reason = %self, "a request was refused"),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Detailed(explanation) => explanation.title,
            _ => self.status().canonical_reason().unwrap_or("Error"),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound => "There is nothing at this address. It may have been moved or taken away.",
            Self::BadRequest(reason) | Self::Forbidden(reason) => reason,
            Self::Status(status) => refusal(*status),
            Self::SignInRequired { .. } => "Please sign in first.",
            Self::Detailed(explanation) => return explanation.message.clone(),
            Self::TooManyRequests(_) => "Too much has been sent from your address. Please wait a moment and try again.",
            Self::Unavailable(_) => "The site cannot answer right now. Please try again in a few seconds; what you sent was not lost if you go back.",
            Self::Unexpected(_) => "Something went wrong on our side. It has been noted; please try again later.",
        }
        .to_owned()
    }
}

fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take that kind of request.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive.",
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "What was sent is too large."
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "A form is expected here (application/x-www-form-urlencoded)."
        }
        _ => "The request was refused.",
    }
}
