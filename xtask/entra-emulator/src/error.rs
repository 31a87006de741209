//! Errors in the shapes that Entra uses, with AADSTS numbers.

use std::time::SystemTime;

use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::http::Reply;
use crate::pages;
use crate::provider::random_guid;

/// An error with its OAuth code, its AADSTS number and its text.
pub(crate) struct EntraError {
    pub(crate) error: &'static str,
    number: u32,
    text: String,
}

impl EntraError {
    pub(crate) fn new(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self {
            error,
            number,
            text: text.into(),
        }
    }

    /// The application id of a request is not that of the registration.
    pub(crate) fn unknown_client(client_id: &str) -> Self {
        let text =
            format!("Application with identifier '{client_id}' was not found in the directory.");
        Self::new("unauthorized_client", 700_016, text)
    }

    /// A parameter is missing.
    pub(crate) fn missing(parameter: &str) -> Self {
        let text = format!("The request must contain the following parameter: '{parameter}'.");
        Self::new("invalid_request", 900_144, text)
    }

    /// The value of `error_description` in a redirect.
    pub(crate) fn description(&self) -> String {
        format!("AADSTS{}: {}", self.number, self.text)
    }

    /// The JSON response of the token endpoint.
    pub(crate) fn json(&self, status: u16) -> Reply {
        let (trace, correlation, time) = (random_guid(), random_guid(), timestamp());
        let ids = format!("Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}");
        let body = json!({
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

    /// A page with status 400, for a browser that cannot be redirected to the app.
    pub(crate) fn page(&self) -> Reply {
        Reply::html(
            400,
            pages::error(&self.description(), &random_guid(), &timestamp()),
        )
    }
}

fn timestamp() -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    let now = OffsetDateTime::from(SystemTime::now());
    now.format(format).expect("a date of this century")
}
