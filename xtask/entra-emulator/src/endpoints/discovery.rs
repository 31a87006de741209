//! The metadata document and the published keys.

use serde_json::{Map, Value, json};

use super::audience::Audience;
use crate::provider::Provider;
use crate::reply::Reply;
use crate::request::ReceivedRequest;
use crate::token::{self, object};

const CACHE_CONTROL: &str = "max-age=86400, private";
const AUTHENTICATION_METHODS: [&str; 3] = [
    "client_secret_post",
    "private_key_jwt",
    "client_secret_basic",
];
const CLAIMS: [&str; 19] = [
    "sub",
    "iss",
    "cloud_instance_name",
    "cloud_instance_host_name",
    "cloud_graph_host_name",
    "msgraph_host",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "nonce",
    "preferred_username",
    "name",
    "tid",
    "ver",
    "at_hash",
    "c_hash",
    "email",
];

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(super) fn metadata(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let audience = match Audience::of(provider, request.tenant()) {
        Ok(audience) => audience,
        Err(error) => return error.json(400),
    };
    let mut document = abilities();
    document.extend(addresses(&provider.base_url, request.tenant()));
    let issuer = token::issuer(provider, audience.issuer_tenant());
    document.insert("issuer".to_owned(), issuer.into());
    Reply::json(200, &document.into()).header("Cache-Control", CACHE_CONTROL)
}

fn abilities() -> Map<String, Value> {
    object(json!({
        "token_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": false,
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "claims_supported": CLAIMS,
        "tenant_region_scope": null,
    }))
}

fn addresses(base_url: &str, tenant: &str) -> Map<String, Value> {
    let host = base_url.trim_start_matches("http://");
    let tenant = format!("{base_url}/{tenant}");
    object(json!({
        "authorization_endpoint": format!("{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{tenant}/oauth2/v2.0/token"),
        "end_session_endpoint": format!("{tenant}/oauth2/v2.0/logout"),
        "jwks_uri": format!("{tenant}/discovery/v2.0/keys"),
        "userinfo_endpoint": format!("{base_url}/oidc/userinfo"),
        "cloud_instance_name": host,
        "cloud_graph_host_name": host,
        "msgraph_host": host,
    }))
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(super) fn keys(provider: &Provider) -> Reply {
    let keys = provider.changing().keys.published();
    Reply::json(200, &json!({ "keys": keys })).header("Cache-Control", CACHE_CONTROL)
}
