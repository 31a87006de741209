//! Each change to the content of an ID token.

use std::time::{SystemTime, UNIX_EPOCH};

use entra_emulator::{Forgery, OTHER_TENANT_ID};
use serde_json::json;

use crate::support::App;
use crate::token::{decoded, segment, verifies};

#[tokio::test]
async fn claims_can_be_set_shifted_in_time_and_removed_under_a_valid_signature() {
    let app = App::start().await;
    app.emulator.forge(
        Forgery::new()
            .claim("aud", json!(["ours", "other"]))
            .claim_from_now("exp", -600)
            .without_claim("nonce"),
    );
    let token = app.id_token().await;
    let claims = segment(&token, 1);
    assert_eq!(claims["aud"], json!(["ours", "other"]));
    assert!(claims.get("nonce").is_none());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let age = i64::try_from(now).unwrap() - claims["exp"].as_i64().unwrap();
    assert!((600..660).contains(&age), "{age}");
    assert!(verifies(&token, &app.emulator.signing_key().jwk()));
}

#[tokio::test]
async fn claim_from_now_is_relative_to_the_time_of_issue() {
    let app = App::start().await;
    let forgery = Forgery::new().claim_from_now("iat", 3600);
    app.emulator.forge(forgery.claim_from_now("nbf", 3600));
    let claims = segment(&app.id_token().await, 1);
    assert_eq!(claims["iat"], claims["nbf"]);
    let rest = Forgery::new().without_claim("iat").claim_from_now("nbf", 0);
    app.emulator.forge(rest);
    let again = segment(&app.id_token().await, 1);
    let seconds = claims["nbf"].as_i64().unwrap() - again["nbf"].as_i64().unwrap();
    assert!((3540..=3600).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_forged_tenant_changes_tid_and_iss() {
    let app = App::start().await;
    app.emulator.forge(Forgery::new().tenant(OTHER_TENANT_ID));
    let claims = segment(&app.id_token().await, 1);
    assert_eq!(claims["tid"], OTHER_TENANT_ID);
    assert_eq!(
        claims["iss"],
        app.url(&format!("{OTHER_TENANT_ID}/v2.0")).as_str()
    );
}

#[tokio::test]
async fn header_fields_can_be_set_and_removed_under_a_valid_signature() {
    let app = App::start().await;
    let forgery = Forgery::new()
        .header("jku", "http://evil.example")
        .header("crit", json!(["x"]));
    app.emulator
        .forge(forgery.without_header("kid").header("typ", "at+jwt"));
    let token = app.id_token().await;
    let header = segment(&token, 0);
    assert_eq!(
        header,
        json!({
            "alg": "RS256", "typ": "at+jwt", "jku": "http://evil.example", "crit": ["x"],
        })
    );
    assert!(verifies(&token, &app.emulator.signing_key().jwk()));
}

#[tokio::test]
async fn header_and_payload_texts_can_be_rewritten_under_a_valid_signature() {
    let app = App::start().await;
    let spaces = " ".repeat(1 << 20);
    app.emulator.forge(
        Forgery::new()
            .header_text(|text| text.replacen('{', "{\"alg\":\"none\",", 1))
            .payload_text(move |text| text.replacen('{', &format!("{{{spaces}\"aud\":1,"), 1)),
    );
    let token = app.id_token().await;
    assert!(token.len() > 1 << 20);
    let header = decoded(&json!(token.split('.').next().unwrap()));
    assert_eq!(
        String::from_utf8(header)
            .unwrap()
            .matches("\"alg\"")
            .count(),
        2
    );
    assert!(verifies(&token, &app.emulator.signing_key().jwk()));
}

#[tokio::test]
async fn a_token_can_have_any_number_of_segments() {
    let app = App::start().await;
    app.emulator
        .forge(Forgery::new().token(|token| format!("{token}.x.y")));
    assert_eq!(app.id_token().await.split('.').count(), 5);
}
