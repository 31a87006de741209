//! Microsoft Graph, sign-out, `form_post`, and the recorded requests.

use entra_emulator::Endpoint;
use serde_json::Value;

use crate::support::{App, REDIRECT_URI, change};
use crate::token::text;

#[tokio::test]
async fn graph_accepts_the_access_token_and_select_limits_the_fields() {
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
async fn graph_rejects_a_token_that_was_not_issued() {
    let app = App::start().await;
    let request = app.http.get(app.url("v1.0/me")).bearer_auth("made-up");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
}

#[tokio::test]
async fn sign_out_redirects_only_to_the_app() {
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
async fn every_request_is_recorded_until_cleared() {
    let app = App::start().await;
    app.tokens().await;
    app.get(&app.url("no/such/place?x=1")).await;
    let authorize = &app.emulator.requests_to(Endpoint::Authorize)[0];
    assert_eq!(authorize.query("nonce"), Some("the nonce"));
    let token = &app.emulator.requests_to(Endpoint::Token)[0];
    assert_eq!(token.method, "POST");
    assert_eq!(token.form("redirect_uri"), Some(REDIRECT_URI));
    assert_eq!(
        app.emulator.requests_to(Endpoint::Other)[0].query("x"),
        Some("1")
    );
    assert_eq!(app.emulator.requests().len(), 3);
    app.emulator.clear_requests();
    assert!(app.emulator.requests().is_empty());
}

#[tokio::test]
async fn every_issued_secret_is_listed() {
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
