//! Requests as they arrived and replies before they are sent.

use std::time::SystemTime;

use hyper::http::request::Parts;
use serde_json::Value;

use crate::fault::Endpoint;

/// A request that the emulator has received, kept for tests to count and inspect.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The method.
    pub method: String,
    /// The path, not decoded.
    pub path: String,
    /// The decoded parameters of the query, in order.
    pub query: Vec<(String, String)>,
    /// The decoded parameters of a form body, in order; empty for any other body.
    pub form: Vec<(String, String)>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// When its body had been read.
    pub at: SystemTime,
}

impl ReceivedRequest {
    pub(crate) fn new(head: &Parts, body: &[u8]) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let mut request = Self {
            endpoint: Endpoint::of(head.uri.path()),
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: parameters(head.uri.query().unwrap_or_default().as_bytes()),
            form: Vec::new(),
            headers: headers.collect(),
            at: SystemTime::now(),
        };
        let content_type = request.header("content-type").unwrap_or_default();
        if content_type.starts_with("application/x-www-form-urlencoded") {
            request.form = parameters(body);
        }
        request
    }

    /// The first query parameter of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        value_of(&self.query, name)
    }

    /// The first form parameter of that name.
    pub fn form(&self, name: &str) -> Option<&str> {
        value_of(&self.form, name)
    }

    /// The first header of that name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// The first segment of the path, which is the tenant in Entra's addresses.
    pub(crate) fn tenant(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }
}

fn parameters(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn value_of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = pairs.iter().filter(|(candidate, _)| candidate == name);
    found.next().map(|(_, value)| value.as_str())
}

/// Status, headers and body of a response, sent as they are.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// The headers, in order; a name may occur twice.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with a content type and a body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// A reply with a JSON value.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
    }

    /// A reply with an HTML page.
    pub fn html(status: u16, page: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/html; charset=utf-8", page)
    }

    /// A redirect with any status.
    pub fn redirect(status: u16, location: &str) -> Self {
        let headers = vec![("Location".to_owned(), location.to_owned())];
        Self {
            status,
            headers,
            body: Vec::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
