//! Why a request failed, named by what the visitor sees.

mod page;
mod write;

pub use page::{Explanation, WayOn, wants_json};

use std::time::Duration;

use salvo::http::StatusCode;
use sea_orm::{DbErr, SqlErr};

use crate::database::is_unavailable;

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
    Refused(StatusCode),
    /// Only for whoever has signed in: to the sign-in and back to this path (303), or 401 for a program.
    #[error("sign-in required")]
    SignInRequired { return_to: String },
    /// A part of the site that explains itself, with its own status.
    #[error("{}", .0.title)]
    Explained(Box<Explanation>),
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
        Self::Explained(Box::new(Explanation {
            status: StatusCode::NOT_IMPLEMENTED,
            title: "Azure authentication not configured",
            message: NOT_CONFIGURED.to_owned(),
            ways_on: vec![WayOn::START],
            reason: "AZURE_CLIENT_ID is not set".to_owned(),
        }))
    }

    /// The answer to a status that the framework has set by itself.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::BAD_REQUEST => Self::BadRequest("The request could not be understood."),
            _ if status.is_client_error() => Self::Refused(status),
            _ => Self::Unexpected(anyhow::anyhow!("the framework answered {status}")),
        }
    }
}
