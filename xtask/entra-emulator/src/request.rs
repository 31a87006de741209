//! A request as it arrived.

use std::time::SystemTime;

use salvo::http::HeaderMap;
use salvo::http::uri::Uri;

use crate::fault::Endpoint;

/// A request that reached the emulator, kept for tests to count and inspect.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The endpoint it was for.
    pub endpoint: Endpoint,
    /// The method, as sent.
    pub method: String,
    /// The path, as sent.
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
    pub(crate) fn new(method: &str, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), lossy(value.as_bytes())))
            .collect();
        let is_form = value_of(&headers, "content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        Self {
            endpoint: Endpoint::of(uri.path()),
            method: method.to_owned(),
            path: uri.path().to_owned(),
            query: parameters(uri.query().unwrap_or_default().as_bytes()),
            form: if is_form {
                parameters(body)
            } else {
                Vec::new()
            },
            headers,
            at: SystemTime::now(),
        }
    }

    /// The first query parameter of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        value_of(&self.query, name)
    }

    /// The first form parameter of that name.
    pub fn form(&self, name: &str) -> Option<&str> {
        value_of(&self.form, name)
    }

    /// The first header of that name, which is written in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// The first segment of the path: at Entra, the tenant.
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

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
