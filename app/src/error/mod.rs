//! Why a request failed, named by what the visitor sees.

mod page;

pub use page::wants_json;

use std::time::Duration;

use salvo::http::StatusCode;
use salvo::http::header::{CACHE_CONTROL, CONNECTION, HeaderValue, RETRY_AFTER};
use salvo::{Depot, Request, Response, Writer, async_trait};
use sea_orm::{DbErr, SqlErr};

use self::page::{ErrorPage, WayOn};
use crate::database::is_unavailable;
use crate::telemetry::RequestId;

/// When a client should try again after a 503.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);

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
    Refused(StatusCode),
    /// The part of the site that was asked for is not set up: 501.
    #[error("{0}")]
    NotConfigured(&'static str),
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
    /// The answer to a status that the framework has set by itself.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::BAD_REQUEST => Self::BadRequest("The request could not be understood."),
            _ if status.is_client_error() => Self::Refused(status),
            _ => Self::Unexpected(anyhow::anyhow!("the framework answered {status}")),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Refused(status) => *status,
            Self::NotConfigured(_) => StatusCode::NOT_IMPLEMENTED,
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

    /// Faults are ours to mend: one line with the whole cause, and nothing of it for the visitor.
    fn log(&self) {
        match self {
            Self::Unexpected(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "a request failed");
            }
            Self::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "a request was put off");
            }
            _ => {}
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotConfigured(what) => what,
            _ => self.status().canonical_reason().unwrap_or("Error"),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound => "There is nothing at this address. It may have been moved or taken away.",
            Self::BadRequest(reason) | Self::Forbidden(reason) => reason,
            Self::Refused(status) => refusal(*status),
            Self::NotConfigured(what) => return format!("{what}: set the settings that this part of the site needs and start it again. The rest of the site works without it."),
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

#[async_trait]
impl Writer for Error {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        self.log();
        let reference = depot
            .get_typed::<RequestId>()
            .map(RequestId::to_string)
            .unwrap_or_default();
        let status = self.status();
        let view = ErrorPage {
            status: status.as_u16(),
            title: self.title(),
            message: self.message(),
            reference,
            ways_on: vec![WayOn::START],
        };
        if let Some(wait) = self.retry_after() {
            // Whole seconds, and never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if matches!(
            status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            // The rest of the body stays unread.
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        view.answer(request, depot, response);
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
