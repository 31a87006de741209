//! Errors in the shapes of Entra: numbered, with ids to quote to an administrator.

use std::time::SystemTime;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::pages;
use crate::random;
use crate::reply::Reply;

/// An error of Entra: the OAuth code, the AADSTS number, the text after it.
pub(crate) struct EntraError {
    pub(crate) error: &'static str,
    pub(crate) number: u32,
    pub(crate) text: String,
}

impl EntraError {
    pub(crate) fn new(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self {
            error,
            number,
            text: text.into(),
        }
    }

    /// For the parameters of a redirect.
    pub(crate) fn description(&self) -> String {
        format!("AADSTS{}: {}", self.number, self.text)
    }

    /// For a client: JSON with this status.
    pub(crate) fn json(&self, status: u16) -> Reply {
        let (trace, correlation, time) = (random::guid(), random::guid(), timestamp());
        let ids = format!("Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}");
        let body: Value = json!({
            "error": self.error,
            "error_description": format!("{} {ids}", self.description()),
            "error_codes": [self.number],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
        });
        Reply::json(status, &body)
    }

    /// For a browser that cannot be sent back: a page with status 400.
    pub(crate) fn page(&self) -> Reply {
        Reply::html(
            400,
            pages::error(&self.description(), &random::guid(), &timestamp()),
        )
    }
}

fn timestamp() -> String {
    let now = OffsetDateTime::from(SystemTime::now());
    let time = now.time();
    format!(
        "{} {:02}:{:02}:{:02}Z",
        now.date(),
        time.hour(),
        time.minute(),
        time.second()
    )
}
