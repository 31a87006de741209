//! Malformed ID tokens.

use entra_emulator::Forgery;

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 82.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_must_have_three_base64url_segments() {
    let site = SignInSite::start().await;
    let changes: [fn(String) -> String; 9] = [
        |token| token[..token.rfind('.').expect("a segment")].to_owned(),
        |token| token + ".a",
        |token| token + ".a.b",
        |token| token.replacen('.', "", 1),
        |token| token.replacen('.', ".+/=", 1),
        |token| format!("!{token}"),
        |token| token + "=",
        |_| String::new(),
        |_| "..".to_owned(),
    ];
    for change in changes {
        assert_rejected(&site, Forgery::new().token(change)).await;
    }
}

/// Catalogue: 82.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn token_header_and_claims_must_be_json_objects_without_duplicate_keys() {
    let site = SignInSite::start().await;
    let payloads: [fn(String) -> String; 9] = [
        |_| "[]".to_owned(),
        |_| "\"text\"".to_owned(),
        |_| "null".to_owned(),
        |_| String::new(),
        |text| format!("[{text}]"),
        |text| format!("{text}{{}}"),
        |text| text.replacen('{', "{\"aud\":\"other\",", 1),
        |text| text.replacen('}', ",\"aud\":\"other\"}", 1),
        |text| text.replacen('{', "{\"tid\":\"other\",", 1),
    ];
    for payload in payloads {
        assert_rejected(&site, Forgery::new().payload_text(payload)).await;
    }
    let headers: [fn(String) -> String; 4] = [
        |_| "[]".to_owned(),
        |_| "null".to_owned(),
        |text| format!("[{text}]"),
        |text| text.replacen('{', "{\"alg\":\"none\",", 1),
    ];
    for header in headers {
        assert_rejected(&site, Forgery::new().header_text(header)).await;
    }
}

/// Catalogue: 82.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_oversized_or_deeply_nested_token_is_rejected() {
    let site = SignInSite::start().await;
    for deep in [
        "[".repeat(5000) + &"]".repeat(5000),
        "{\"a\":".repeat(5000) + "1" + &"}".repeat(5000),
    ] {
        let (in_payload, in_header) = (deep.clone(), deep);
        let payload =
            move |text: String| text.replacen('{', &format!("{{\"deep\":{in_payload},"), 1);
        let header = move |text: String| text.replacen('{', &format!("{{\"deep\":{in_header},"), 1);
        assert_rejected(&site, Forgery::new().payload_text(payload)).await;
        assert_rejected(&site, Forgery::new().header_text(header)).await;
    }
    assert_rejected(&site, Forgery::new().claim("long", "a".repeat(1 << 20))).await;
}

async fn assert_rejected(site: &SignInSite, forgery: Forgery) {
    site.emulator.forge(forgery);
    site.sign_in(Expected::provider_failed()).await;
}
