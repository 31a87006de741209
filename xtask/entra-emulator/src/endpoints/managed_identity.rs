//! The identity endpoint of App Service.

use serde_json::json;

use crate::http::{ReceivedRequest, Reply};
use crate::provider::{Assertion, Provider, random_guid};
use crate::token;

const API_VERSION: &str = "2019-08-01";
const LIFETIME_SECONDS: i64 = 86400;
/// A token that expires sooner than this is replaced.
const RENEWAL_SECONDS: i64 = 3600;

/// `GET /msi/token?resource=…&api-version=2019-08-01&client_id=…`
pub(super) fn token(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let client_id = &provider.options.managed_identity_client_id;
    if request.header("x-identity-header") != Some(&provider.identity_header) {
        return error(401, "The header X-IDENTITY-HEADER is missing or wrong.");
    }
    if request.query("api-version") != Some(API_VERSION) {
        return error(400, "The api-version is missing or not supported.");
    }
    if request.query("client_id") != Some(client_id) {
        return error(
            400,
            "No User Assigned Managed Identity found for the specified ClientId.",
        );
    }
    match request.query("resource") {
        Some(resource) => token_response(provider, resource),
        None => error(400, "The parameter resource is missing."),
    }
}

/// App Service caches a token and returns it until its last hour.
fn token_response(provider: &Provider, resource: &str) -> Reply {
    let (token, expires) =
        cached_token(provider, resource).unwrap_or_else(|| new_token(provider, resource));
    let body = json!({
        "access_token": token,
        "expires_on": expires.to_string(),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": provider.options.managed_identity_client_id,
    });
    Reply::json(200, &body)
}

fn cached_token(provider: &Provider, resource: &str) -> Option<(String, i64)> {
    let renewal = provider.now() + RENEWAL_SECONDS;
    let assertions = &provider.state().issued.assertions;
    let cached = assertions
        .iter()
        .find(|(_, assertion)| assertion.audience == resource && assertion.expires > renewal);
    cached.map(|(token, assertion)| (token.clone(), assertion.expires))
}

fn new_token(provider: &Provider, resource: &str) -> (String, i64) {
    let token = token::identity_token(provider, resource, LIFETIME_SECONDS);
    let expires = provider.now() + LIFETIME_SECONDS;
    let assertion = Assertion {
        audience: resource.to_owned(),
        expires,
    };
    let assertions = &mut provider.state().issued.assertions;
    assertions.insert(token.clone(), assertion);
    (token, expires)
}

fn error(status: u16, message: &str) -> Reply {
    let id = random_guid();
    let body = json!({ "statusCode": status, "message": message, "correlationId": id });
    Reply::json(status, &body)
}
