//! A correct sign-in.

use entra_emulator::{Options, PERSONAL_TENANT_ID};
use serde_json::Value;

use crate::support::{App, callback};
use crate::token::{segment, verifies};

#[tokio::test]
async fn a_sign_in_yields_an_id_token_that_verifies_under_the_published_key() {
    let app = App::start().await;
    let token = app.id_token().await;
    let keys = app.published_keys().await;
    assert_eq!(keys.len(), 1);
    assert_eq!(segment(&token, 0)["kid"], keys[0]["kid"]);
    assert_eq!(segment(&token, 0)["alg"], "RS256");
    assert!(verifies(&token, &keys[0]));
    assert!(keys[0].get("alg").is_none(), "Entra publishes no alg");
    assert_eq!(keys[0]["x5t"], keys[0]["kid"]);
}

#[tokio::test]
async fn the_claims_have_the_shape_of_version_2() {
    let app = App::start().await;
    let claims = segment(&app.id_token().await, 1);
    let issuer = format!("{}/v2.0", app.url(app.emulator.tenant_id()));
    assert_eq!(claims["iss"], issuer.as_str());
    assert_eq!(claims["iss"], app.metadata().await["issuer"]);
    assert_eq!(claims["aud"], app.emulator.client_id());
    assert_eq!(claims["tid"], app.emulator.tenant_id());
    assert_eq!(claims["nonce"], "the nonce");
    assert_eq!(claims["ver"], "2.0");
    assert_eq!(claims["name"], "Alice Example");
    assert_eq!(claims["preferred_username"], "alice@example.com");
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(seconds("exp") - seconds("iat"), 3600 + 300);
    assert_eq!(seconds("nbf"), seconds("iat"));
    for opaque in ["aio", "at_hash", "oid", "rh", "sub", "uti"] {
        assert!(claims[opaque].is_string(), "{opaque} is missing");
    }
    assert!(claims.get("roles").is_none());
}

#[tokio::test]
async fn only_endpoints_for_browsers_use_the_browser_origin() {
    let origin = "https://fluffy-fork-4x7-8400.app.github.dev";
    let options = Options {
        browser_origin: Some(origin.to_owned()),
        ..Options::default()
    };
    let app = App::start_with(options).await;
    let metadata = app.metadata().await;
    for name in ["authorization_endpoint", "end_session_endpoint"] {
        let address = metadata[name].as_str().unwrap();
        assert!(address.starts_with(origin), "{name}: {address}");
    }
    for name in ["issuer", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
        let address = metadata[name].as_str().unwrap();
        let is_local = address.starts_with(app.emulator.base_url());
        assert!(is_local, "{name}: {address}");
    }
    for (name, value) in app.emulator.settings() {
        assert!(!value.starts_with(origin), "{name}");
    }
}

#[tokio::test]
async fn the_subject_of_a_person_is_the_same_at_each_sign_in() {
    let app = App::start().await;
    let first = segment(&app.id_token().await, 1);
    let second = segment(&app.id_token().await, 1);
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["uti"], second["uti"]);
}

#[tokio::test]
async fn the_state_is_returned_with_the_code() {
    let app = App::start().await;
    let response = app.get(&app.authorize_url(&app.authorization())).await;
    assert_eq!(response.status(), 302);
    assert_eq!(callback(&response).unwrap()["state"], "the state");
}

#[tokio::test]
async fn the_issuer_is_a_template_where_many_tenants_sign_in() {
    let app = App::start().await;
    let document = "v2.0/.well-known/openid-configuration";
    for (segment, tenant) in [
        ("organizations", "{tenantid}"),
        ("common", "{tenantid}"),
        ("consumers", PERSONAL_TENANT_ID),
    ] {
        let response = app.get(&app.url(&format!("{segment}/{document}"))).await;
        let metadata: Value = response.json().await.unwrap();
        let issuer = app.url(&format!("{tenant}/v2.0"));
        assert_eq!(metadata["issuer"], issuer.as_str(), "{segment}");
    }
    let unknown = app.get(&app.url(&format!("nowhere/{document}"))).await;
    assert_eq!(unknown.status(), 400);
    let error: Value = unknown.json().await.unwrap();
    assert_eq!(error["error_codes"], serde_json::json!([90002]));
}
