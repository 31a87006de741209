//! The honest flow, in the shapes of Entra.

use entra_emulator::{Endpoint, PERSONAL_TENANT_ID};
use serde_json::Value;

use crate::support::{App, callback, change, segment, text, verifies};

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
async fn the_subject_of_a_person_is_the_same_at_each_sign_in() {
    let app = App::start().await;
    let first = segment(&app.id_token().await, 1);
    let second = segment(&app.id_token().await, 1);
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["uti"], second["uti"]);
}

#[tokio::test]
async fn the_state_comes_back_with_the_code() {
    let app = App::start().await;
    let response = app.get(&app.authorize_url(&app.authorization())).await;
    assert_eq!(response.status(), 302);
    assert_eq!(callback(&response).unwrap()["state"], "the state");
}

#[tokio::test]
async fn the_access_token_opens_graph_and_select_chooses_fields() {
    let app = App::start().await;
    let token = text(&app.tokens().await["access_token"]);
    let me = |url: String| app.http.get(url).bearer_auth(&token).send();
    let profile: Value = me(app.url("v1.0/me")).await.unwrap().json().await.unwrap();
    assert_eq!(profile["displayName"], "Alice Example");
    assert_eq!(profile["jobTitle"], "Tester");
    let some = me(app.url("v1.0/me?$select=id,mail")).await.unwrap();
    let some: Value = some.json().await.unwrap();
    assert_eq!(some["mail"], "alice@example.com");
    assert!(some.get("displayName").is_none());
}

#[tokio::test]
async fn graph_refuses_a_token_that_was_not_issued() {
    let app = App::start().await;
    let request = app.http.get(app.url("v1.0/me")).bearer_auth("made-up");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
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

#[tokio::test]
async fn sign_out_goes_back_to_the_app_and_nowhere_else() {
    let app = App::start().await;
    let sign_out = |address: &str| {
        let path = format!("oauth2/v2.0/logout?post_logout_redirect_uri={address}&state=s");
        app.tenant_url(&path)
    };
    let own = app.get(&sign_out("http://localhost:8000/")).await;
    assert_eq!(own.headers()["location"], "http://localhost:8000/?state=s");
    let foreign = app.get(&sign_out("http://localhost.example/")).await;
    assert_eq!(foreign.status(), 200);
    assert!(foreign.headers().get("location").is_none());
}

#[tokio::test]
async fn the_response_can_come_as_a_form() {
    let app = App::start().await;
    let mut parameters = app.authorization();
    parameters.push(("response_mode", "form_post".to_owned()));
    let page = app.get(&app.authorize_url(&parameters)).await;
    let page = page.text().await.unwrap();
    assert!(page.contains(r#"method="post" action="http://localhost:8000/auth/callback""#));
    assert!(page.contains(r#"name="state" value="the state""#));
}

#[tokio::test]
async fn every_request_is_on_record_until_cleared() {
    let app = App::start().await;
    app.tokens().await;
    app.get(&app.url("no/such/place?x=1")).await;
    let authorize = &app.emulator.requests_to(Endpoint::Authorize)[0];
    assert_eq!(authorize.query("nonce"), Some("the nonce"));
    let token = &app.emulator.requests_to(Endpoint::Token)[0];
    assert_eq!(token.method, "POST");
    assert_eq!(
        token.form("redirect_uri"),
        Some(crate::support::REDIRECT_URI)
    );
    assert_eq!(
        app.emulator.requests_to(Endpoint::Other)[0].query("x"),
        Some("1")
    );
    assert_eq!(app.emulator.requests().len(), 3);
    app.emulator.clear_requests();
    assert!(app.emulator.requests().is_empty());
}

#[tokio::test]
async fn every_secret_given_out_is_known() {
    let app = App::start().await;
    let tokens = app.tokens().await;
    let secrets = app.emulator.secrets();
    for name in ["id_token", "access_token"] {
        assert!(secrets.contains(&text(&tokens[name])), "{name}");
    }
    let code = app.code().await;
    assert!(app.emulator.secrets().contains(&code));
}

#[tokio::test]
async fn a_localhost_redirect_uri_may_have_any_port() {
    let app = App::start().await;
    let mut parameters = app.authorization();
    let other = "http://localhost:49152/auth/callback";
    change(&mut parameters, "redirect_uri", Some(other));
    let response = app.get(&app.authorize_url(&parameters)).await;
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(other), "{location}");
}
