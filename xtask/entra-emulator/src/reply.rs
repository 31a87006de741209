//! An answer over HTTP, before it is sent.

use serde_json::Value;

/// Status, headers and body, sent verbatim.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status code, 100 to 999.
    pub status: u16,
    /// The headers, in order; a name may occur twice.
    pub headers: Vec<(String, String)>,
    /// The body, any bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// Any status, content type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
        .header("Content-Type", content_type)
    }

    /// A JSON value.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
    }

    /// An HTML page.
    pub fn html(status: u16, page: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/html; charset=utf-8", page)
    }

    /// A redirect, by 302, 303, 307 or any other status.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
        .header("Location", location)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
