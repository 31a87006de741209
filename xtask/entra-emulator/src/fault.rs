//! Endpoints, and the faults that a test can give to each.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::http::Reply;

/// The endpoints; each can have its own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/{tenant}/v2.0/.well-known/openid-configuration`
    Discovery,
    /// `/{tenant}/discovery/v2.0/keys`
    Keys,
    /// `/{tenant}/oauth2/v2.0/authorize`
    Authorize,
    /// `/{tenant}/oauth2/v2.0/token`
    Token,
    /// `/{tenant}/oauth2/v2.0/logout`
    EndSession,
    /// `/v1.0/me` of Microsoft Graph
    Graph,
    /// `/msi/token` of App Service
    ManagedIdentity,
    /// Any other path, which returns 404. An app should never request one.
    Other,
}

impl Endpoint {
    /// The endpoint that serves `path`.
    pub fn of(path: &str) -> Self {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match segments[..] {
            [_, "v2.0", ".well-known", "openid-configuration"] => Self::Discovery,
            [_, "discovery", "v2.0", "keys"] => Self::Keys,
            [_, "oauth2", "v2.0", "authorize"] => Self::Authorize,
            [_, "oauth2", "v2.0", "token"] => Self::Token,
            [_, "oauth2", "v2.0", "logout"] => Self::EndSession,
            ["v1.0", "me"] => Self::Graph,
            ["msi", "token"] => Self::ManagedIdentity,
            _ => Self::Other,
        }
    }
}

/// A fault of an endpoint. Except for `Reply`, `Flood`, `Reset` and `HangBeforeHeaders` the correct
/// response is made first, so that a code is redeemed although its response is lost.
#[derive(Clone)]
pub enum Fault {
    /// This response instead of the correct one.
    Reply(Reply),
    /// The correct response, changed.
    Edit(Arc<dyn Fn(Reply) -> Reply + Send + Sync>),
    /// The correct response, late.
    Delay(Duration),
    /// Reads the request and never responds.
    HangBeforeHeaders,
    /// Sends status and headers of the correct response and never its body.
    HangAfterHeaders,
    /// Resets the TCP connection after reading the request.
    Reset,
    /// Declares the correct response's length, sends half of it, then closes.
    Truncate,
    /// Sends the correct response a byte at a time, this far apart.
    Drip(Duration),
    /// A JSON response of this many bytes of whitespace.
    Flood {
        /// Length of the body.
        bytes: usize,
        /// Whether `Content-Length` is sent; else the body is chunked.
        declared: bool,
    },
}

impl Fault {
    /// The correct response with its JSON changed. A response that is not JSON stays as it is.
    pub fn edit_json(edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::Edit(Arc::new(move |mut reply| {
            if let Ok(mut value) = serde_json::from_slice(&reply.body) {
                edit(&mut value);
                reply.body = value.to_string().into_bytes();
            }
            reply
        }))
    }

    /// The correct response with its text changed: duplicate names, broken JSON, a byte order mark.
    pub fn edit_text(edit: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        Self::Edit(Arc::new(move |mut reply| {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            reply.body = edit(text).into_bytes();
            reply
        }))
    }
}
