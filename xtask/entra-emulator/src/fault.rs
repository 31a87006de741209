//! What can go wrong with an answer on its way.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::reply::Reply;

/// The parts of the provider that can misbehave, each on its own.
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
    /// Everything else: 404. A request here is an error of the client.
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

/// One fault of an endpoint. All but `Reply`, `Flood`, `Reset` and `HangBeforeHeaders` let the
/// honest answer be made first, so that a code is spent although its answer is lost.
#[derive(Clone)]
pub enum Fault {
    /// This answer instead of the honest one.
    Reply(Reply),
    /// The honest answer, changed.
    Edit(Arc<dyn Fn(Reply) -> Reply + Send + Sync>),
    /// The honest answer, late.
    Delay(Duration),
    /// Reads the request and never answers.
    HangBeforeHeaders,
    /// Sends status and headers of the honest answer and never its body.
    HangAfterHeaders,
    /// Resets the TCP connection after reading the request.
    Reset,
    /// Declares the honest answer's length, sends half of it, then closes.
    Truncate,
    /// Sends the honest answer a byte at a time, this far apart.
    Drip(Duration),
    /// A JSON answer of this many bytes of white space.
    Flood {
        /// Length of the body.
        bytes: usize,
        /// Whether `Content-Length` says so; else the body comes in chunks.
        declared: bool,
    },
}

impl Fault {
    /// The honest answer with its JSON changed. An answer that is not JSON stays as it is.
    pub fn edit_json(edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::Edit(Arc::new(move |mut reply| {
            if let Ok(mut value) = serde_json::from_slice(&reply.body) {
                edit(&mut value);
                reply.body = value.to_string().into_bytes();
            }
            reply
        }))
    }

    /// The honest answer with its text changed: duplicate names, broken JSON, a byte order mark.
    pub fn edit_text(edit: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        Self::Edit(Arc::new(move |mut reply| {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            reply.body = edit(text).into_bytes();
            reply
        }))
    }
}
