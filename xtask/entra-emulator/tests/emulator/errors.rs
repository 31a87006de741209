//! Requests that Entra rejects, and its errors.

use serde_json::{Value, json};

use crate::support::{App, callback, change};

const OTHER_URI: &str = "http://localhost:8000/other";
const UNSUPPORTED_GRANT: &str = "unsupported_grant_type";

/// The response to an authorization request with one parameter changed.
async fn authorize(app: &App, name: &str, value: Option<&str>) -> reqwest::Response {
    let mut parameters = app.authorization();
    change(&mut parameters, name, value);
    app.get(&app.authorize_url(&parameters)).await
}

/// Status and error of a token request with one parameter changed.
async fn redeem(app: &App, name: &str, value: Option<&str>) -> (u16, Value) {
    let mut parameters = app.exchange(&app.code().await);
    change(&mut parameters, name, value);
    let response = app.redeem(&parameters).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn an_unknown_client_or_redirect_uri_gets_an_error_page() {
    let app = App::start().await;
    let cases = [
        (
            "redirect_uri",
            Some("http://localhost:8000/other"),
            "AADSTS50011",
        ),
        (
            "redirect_uri",
            Some("https://evil.example/auth/callback"),
            "AADSTS50011",
        ),
        ("redirect_uri", None, "AADSTS50011"),
        ("client_id", Some("0badc0de"), "AADSTS700016"),
        ("client_id", None, "AADSTS900144"),
    ];
    for (name, value, number) in cases {
        let response = authorize(&app, name, value).await;
        assert_eq!(response.status(), 400, "{name} {value:?}");
        assert!(response.headers().get("location").is_none());
        assert!(
            response.text().await.unwrap().contains(number),
            "{name} {value:?}"
        );
    }
}

#[tokio::test]
async fn other_errors_are_sent_to_the_app() {
    let app = App::start().await;
    let cases = [
        (
            "response_type",
            Some("id_token"),
            "unsupported_response_type",
        ),
        ("scope", Some("profile"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
    ];
    for (name, value, error) in cases {
        let returned = callback(&authorize(&app, name, value).await).unwrap();
        assert_eq!(returned["error"], error, "{name} {value:?}");
        assert_eq!(returned["state"], "the state");
        assert!(!returned.contains_key("code"));
    }
}

#[tokio::test]
async fn an_error_page_escapes_the_request() {
    let app = App::start().await;
    let response = authorize(&app, "redirect_uri", Some("<script>alert(1)</script>")).await;
    assert!(!response.text().await.unwrap().contains("<script>alert"));
}

#[tokio::test]
async fn a_wrong_verifier_is_rejected() {
    let app = App::start().await;
    for verifier in [
        Some("another-verifier-of-more-than-forty-three-letters"),
        None,
    ] {
        let (status, body) = redeem(&app, "code_verifier", verifier).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
        assert_eq!(body["error_codes"], json!([501_481]));
    }
}

#[tokio::test]
async fn a_code_can_be_redeemed_once() {
    let app = App::start().await;
    let exchange = app.exchange(&app.code().await);
    assert_eq!(app.redeem(&exchange).await.status(), 200);
    let again = app.redeem(&exchange).await;
    assert_eq!(again.status(), 400);
    let body: Value = again.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
    assert_eq!(body["error_codes"], json!([54005]));
    assert!(body["trace_id"].is_string() && body["correlation_id"].is_string());
}

#[tokio::test]
async fn a_code_expires() {
    let app = App::start().await;
    let exchange = app.exchange(&app.code().await);
    app.emulator.set_clock_offset(601);
    let body: Value = app.redeem(&exchange).await.json().await.unwrap();
    assert_eq!(body["error_codes"], json!([70008]));
}

#[tokio::test]
async fn the_other_parameters_of_a_token_request_must_match() {
    let app = App::start().await;
    let cases = [
        ("redirect_uri", Some(OTHER_URI), 400, "invalid_client"),
        ("grant_type", Some("refresh_token"), 400, UNSUPPORTED_GRANT),
        ("code", Some("made-up"), 400, "invalid_grant"),
        ("client_id", Some("0badc0de"), 400, "unauthorized_client"),
        ("client_secret", Some("wrong"), 401, "invalid_client"),
        ("client_secret", None, 401, "invalid_client"),
    ];
    for (name, value, status, error) in cases {
        let (seen, body) = redeem(&app, name, value).await;
        assert_eq!(
            (seen, &body["error"]),
            (status, &json!(error)),
            "{name} {value:?}"
        );
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with("AADSTS"), "{description}");
    }
}
