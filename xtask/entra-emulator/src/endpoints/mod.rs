//! The correct responses of Entra, Microsoft Graph and App Service, one module per endpoint.

mod audience;
mod authorize;
mod discovery;
mod graph;
mod managed_identity;
mod token;

use serde_json::json;

use crate::fault::Endpoint;
use crate::http::{ReceivedRequest, Reply};
use crate::pages;
use crate::provider::Provider;

/// The correct response to a request.
pub(crate) fn respond(provider: &Provider, request: &ReceivedRequest) -> Reply {
    match (request.endpoint, request.method.as_str()) {
        (Endpoint::Discovery, "GET") => discovery::metadata(provider, request),
        (Endpoint::Keys, "GET") => discovery::keys(provider),
        (Endpoint::Authorize, "GET") => authorize::show(provider, request),
        (Endpoint::Authorize, "POST") => authorize::choose(provider, request),
        (Endpoint::Token, "POST") => token::exchange(provider, request),
        (Endpoint::EndSession, "GET") => sign_out(provider, request),
        (Endpoint::Graph, "GET") => graph::me(provider, request),
        (Endpoint::ManagedIdentity, "GET") => managed_identity::token(provider, request),
        (Endpoint::Other, _) => Reply::json(404, &json!({ "error": "not_found" })),
        _ => Reply::json(405, &json!({ "error": "method_not_allowed" })),
    }
}

/// `GET …/logout`: redirects to the app if the address is the app's, else shows a page.
fn sign_out(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let address = request.query("post_logout_redirect_uri");
    let Some(address) = address.filter(|address| provider.is_own_origin(address)) else {
        return Reply::html(200, pages::signed_out());
    };
    let Some(state) = request.query("state") else {
        return Reply::redirect(302, address);
    };
    let separator = if address.contains('?') { '&' } else { '?' };
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.append_pair("state", state);
    Reply::redirect(302, &format!("{address}{separator}{}", encoded.finish()))
}
