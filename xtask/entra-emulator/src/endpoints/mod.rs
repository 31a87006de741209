//! The honest answers, one module per endpoint: a request in, a reply out.

mod audience;
mod authorize;
mod discovery;
mod end_session;
mod graph;
mod managed_identity;
mod token;

use serde_json::json;

use crate::fault::Endpoint;
use crate::provider::Provider;
use crate::reply::Reply;
use crate::request::ReceivedRequest;

/// What Entra, Graph or App Service would answer.
pub(crate) fn answer(provider: &Provider, request: &ReceivedRequest) -> Reply {
    match (request.endpoint, request.method.as_str()) {
        (Endpoint::Discovery, "GET") => discovery::metadata(provider, request),
        (Endpoint::Keys, "GET") => discovery::keys(provider),
        (Endpoint::Authorize, "GET") => authorize::show(provider, request),
        (Endpoint::Authorize, "POST") => authorize::answer(provider, request),
        (Endpoint::Token, "POST") => token::exchange(provider, request),
        (Endpoint::EndSession, "GET") => end_session::sign_out(provider, request),
        (Endpoint::Graph, "GET") => graph::me(provider, request),
        (Endpoint::ManagedIdentity, "GET") => managed_identity::token(provider, request),
        (Endpoint::Other, _) => Reply::json(404, &json!({ "error": "not_found" })),
        _ => Reply::json(405, &json!({ "error": "method_not_allowed" })),
    }
}
