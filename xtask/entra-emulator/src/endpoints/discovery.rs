//! The metadata document and the published keys.

use serde_json::json;

use super::audience::Audience;
use crate::http::{ReceivedRequest, Reply};
use crate::provider::Provider;
use crate::token;

const CACHE_CONTROL: &str = "max-age=86400, private";

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(super) fn metadata(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let audience = match Audience::of(provider, request.tenant()) {
        Ok(audience) => audience,
        Err(error) => return error.json(400),
    };
    let base_url = &provider.base_url;
    let host = base_url.trim_start_matches("http://");
    let tenant = format!("{base_url}/{}", request.tenant());
    let for_browsers = format!("{}/{}", provider.browser_origin(), request.tenant());
    let document = json!({
        "issuer": token::issuer(provider, audience.issuer_tenant()),
        "authorization_endpoint": format!("{for_browsers}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{tenant}/oauth2/v2.0/token"),
        "end_session_endpoint": format!("{for_browsers}/oauth2/v2.0/logout"),
        "jwks_uri": format!("{tenant}/discovery/v2.0/keys"),
        "userinfo_endpoint": format!("{base_url}/oidc/userinfo"),
        "cloud_instance_name": host,
        "cloud_graph_host_name": host,
        "msgraph_host": host,
        "tenant_region_scope": null,
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": false,
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
            "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr",
            "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
        ],
    });
    Reply::json(200, &document).header("Cache-Control", CACHE_CONTROL)
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(super) fn keys(provider: &Provider) -> Reply {
    let keys = provider.state().keys.published();
    Reply::json(200, &json!({ "keys": keys })).header("Cache-Control", CACHE_CONTROL)
}
