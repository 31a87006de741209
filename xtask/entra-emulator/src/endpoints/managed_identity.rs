//! The identity endpoint that App Service gives to an app.

use serde_json::json;

use crate::issued::Assertion;
use crate::provider::Provider;
use crate::random;
use crate::reply::Reply;
use crate::request::ReceivedRequest;
use crate::token;

const API_VERSION: &str = "2019-08-01";
/// Tokens of a managed identity last a day.
const LIFETIME_SECONDS: i64 = 86400;
/// A token that lasts no longer than this is replaced.
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
        Some(resource) => issue(provider, resource),
        None => error(400, "The parameter resource is missing."),
    }
}

/// The platform caches a token and returns it until its last hour.
fn issue(provider: &Provider, resource: &str) -> Reply {
    let (token, expires) =
        kept(provider, resource).unwrap_or_else(|| issue_new(provider, resource));
    let body = json!({
        "access_token": token,
        "expires_on": expires.to_string(),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": provider.options.managed_identity_client_id,
    });
    Reply::json(200, &body)
}

fn kept(provider: &Provider, resource: &str) -> Option<(String, i64)> {
    let renewal = provider.now() + RENEWAL_SECONDS;
    let assertions = &provider.changing().issued.assertions;
    let kept = assertions
        .iter()
        .find(|(_, assertion)| assertion.audience == resource && assertion.expires > renewal);
    kept.map(|(token, assertion)| (token.clone(), assertion.expires))
}

fn issue_new(provider: &Provider, resource: &str) -> (String, i64) {
    let token = token::identity_token(provider, resource, LIFETIME_SECONDS);
    let expires = provider.now() + LIFETIME_SECONDS;
    let assertion = Assertion {
        audience: resource.to_owned(),
        expires,
    };
    let assertions = &mut provider.changing().issued.assertions;
    assertions.insert(token.clone(), assertion);
    (token, expires)
}

fn error(status: u16, message: &str) -> Reply {
    let body = json!({
        "statusCode": status,
        "message": message,
        "correlationId": random::guid(),
    });
    Reply::json(status, &body)
}
