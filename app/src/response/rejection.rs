//! A request whose content is not valid, with every part of it that is not valid.

use salvo::http::StatusCode;
use serde::Serialize;

use super::Error;

/// The status, what is wrong, and each part that is not valid.
#[derive(Debug)]
pub struct Rejection {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    pub(super) parts: Vec<InvalidPart>,
}

/// A part of a request that is not valid: a member of problem details.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum InvalidPart {
    /// A member of the body, as a JSON Pointer (RFC 6901).
    Pointer {
        pointer: String,
        detail: String,
    },
    /// A query parameter.
    Parameter {
        parameter: String,
        detail: String,
    },
    Header {
        header: String,
        detail: String,
    },
}

impl Rejection {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            parts: Vec::new(),
        }
    }

    /// The request is well-formed, but these parts of it are not valid: 422.
    pub fn unprocessable(detail: impl Into<String>, parts: Vec<InvalidPart>) -> Self {
        Self {
            parts,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(Box::new(rejection))
    }
}
