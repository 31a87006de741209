//! Client credentials: secret, HTTP Basic, assertion of the managed identity.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{App, Parameters, change};
use crate::token::{segment, text};

const AUDIENCE: &str = "api://AzureADTokenExchange";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The identity endpoint's response for a resource.
async fn identity(app: &App, resource: &str) -> Value {
    let settings = app.emulator.identity_settings();
    let client_id = app.emulator.managed_identity_client_id();
    let url = format!(
        "{}?resource={resource}&api-version=2019-08-01&client_id={client_id}",
        settings[0].1
    );
    let request = app
        .http
        .get(url)
        .header("X-IDENTITY-HEADER", &settings[1].1);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

/// A token request with this assertion instead of the secret.
async fn with_assertion(app: &App, assertion: &str) -> Parameters<'static> {
    let mut exchange = app.exchange(&app.code().await);
    change(&mut exchange, "client_secret", None);
    exchange.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
    exchange.push(("client_assertion", assertion.to_owned()));
    exchange
}

#[tokio::test]
async fn a_secret_is_accepted_in_the_authorization_header() {
    let app = App::start().await;
    let mut exchange = app.exchange(&app.code().await);
    change(&mut exchange, "client_secret", None);
    let pair = format!(
        "{}:{}",
        app.emulator.client_id(),
        app.emulator.client_secret()
    );
    let mut form = form_urlencoded::Serializer::new(String::new());
    let form = form.extend_pairs(exchange).finish();
    let request = app.http.post(app.tenant_url("oauth2/v2.0/token"));
    let request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body(form).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_identity_endpoint_responds_in_the_shape_of_app_service() {
    let app = App::start().await;
    let response = identity(&app, AUDIENCE).await;
    assert_eq!(response["resource"], AUDIENCE);
    assert_eq!(response["token_type"], "Bearer");
    assert_eq!(
        response["client_id"],
        app.emulator.managed_identity_client_id()
    );
    let expires: i64 = response["expires_on"].as_str().unwrap().parse().unwrap();
    let claims = segment(&text(&response["access_token"]), 1);
    assert_eq!(claims["aud"], AUDIENCE);
    assert!((claims["exp"].as_i64().unwrap() - expires).abs() <= 1);
}

#[tokio::test]
async fn the_identity_endpoint_requires_its_header_version_resource_and_client_id() {
    let app = App::start().await;
    let settings = app.emulator.identity_settings();
    let id = app.emulator.managed_identity_client_id();
    let good = format!("resource={AUDIENCE}&api-version=2019-08-01&client_id={id}");
    let cases = [
        ("made-up", good.clone(), 401),
        (
            &settings[1].1,
            good.replace("2019-08-01", "2017-09-01"),
            400,
        ),
        (&settings[1].1, good.replace("resource", "resources"), 400),
        (&settings[1].1, good.replace(id, "another"), 400),
    ];
    for (header, query, status) in cases {
        let request = app.http.get(format!("{}?{query}", settings[0].1));
        let response = request
            .header("X-IDENTITY-HEADER", header)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{query}");
    }
}

#[tokio::test]
async fn an_assertion_of_the_managed_identity_replaces_the_secret() {
    let app = App::start().await;
    let assertion = text(&identity(&app, AUDIENCE).await["access_token"]);
    let exchange = with_assertion(&app, &assertion).await;
    assert_eq!(app.redeem(&exchange).await.status(), 200);
}

#[tokio::test]
async fn an_assertion_for_another_audience_is_rejected() {
    let app = App::start().await;
    let database = text(&identity(&app, "https://database.example").await["access_token"]);
    for (assertion, number) in [(database.as_str(), 700_212), ("made-up", 50027)] {
        let response = app.redeem(&with_assertion(&app, assertion).await).await;
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error_codes"], json!([number]));
    }
}

#[tokio::test]
async fn an_assertion_expires() {
    let app = App::start().await;
    let assertion = text(&identity(&app, AUDIENCE).await["access_token"]);
    app.emulator.set_clock_offset(86401);
    let response = app.redeem(&with_assertion(&app, &assertion).await).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error_codes"], json!([700_024]));
}

#[tokio::test]
async fn two_credentials_in_one_request_are_rejected() {
    let app = App::start().await;
    let assertion = text(&identity(&app, AUDIENCE).await["access_token"]);
    let mut exchange = with_assertion(&app, &assertion).await;
    exchange.push(("client_secret", app.emulator.client_secret().to_owned()));
    assert_eq!(app.redeem(&exchange).await.status(), 400);
}
