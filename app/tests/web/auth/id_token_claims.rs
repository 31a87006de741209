//! Claims of the ID token.

use entra_emulator::Forgery;
use serde_json::{Value, json};

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 58.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_nonce_must_match() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let other = browser.begin("/").await;
    let nonce = other
        .query_pairs()
        .find(|(name, _)| name == "nonce")
        .expect("a nonce")
        .1;
    for forgery in [
        Forgery::new().without_claim("nonce"),
        Forgery::new().claim("nonce", "wrong"),
        Forgery::new().claim("nonce", ""),
        Forgery::new().claim("nonce", Value::Null),
        Forgery::new().claim("nonce", &*nonce),
    ] {
        site.emulator.forge(forgery);
        let callback = browser.begin_as("alice").await;
        site.open(&browser, &callback, Expected::provider_failed())
            .await;
    }
}

/// Catalogue: 59.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_issuer_must_match_the_tenant() {
    let site = SignInSite::start().await;
    let (base_url, tenant) = (site.emulator.base_url(), site.emulator.tenant_id());
    let right = format!("{base_url}/{tenant}/v2.0");
    for issuer in [
        format!("https://evil.example/{tenant}/v2.0"),
        right.replace("http://", "https://"),
        format!("{right}/"),
        format!("https://sts.windows.net/{tenant}/"),
        format!("{base_url}/{}/v2.0", tenant.to_uppercase()),
        format!("{base_url}/{{tenantid}}/v2.0"),
        String::new(),
    ] {
        assert_rejected(&site, Forgery::new().claim("iss", issuer)).await;
    }
    assert_rejected(&site, Forgery::new().without_claim("iss")).await;
    assert_rejected(&site, Forgery::new().claim("iss", json!([right]))).await;
}

/// Catalogue: 60.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_audience_must_be_the_client_id_only() {
    let site = SignInSite::start().await;
    let ours = site.emulator.client_id().to_owned();
    for audience in [
        json!("00000003-0000-0000-c000-000000000000"),
        json!([ours, "other"]),
        json!(["other", ours]),
        json!(ours.to_uppercase()),
        json!(7),
        json!([]),
        json!(""),
        Value::Null,
    ] {
        assert_rejected(&site, Forgery::new().claim("aud", audience)).await;
    }
    assert_rejected(&site, Forgery::new().without_claim("aud")).await;
    assert_accepted(&site, Forgery::new().claim("aud", json!([ours]))).await;
}

/// Catalogue: 61.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn azp_must_be_the_client_id() {
    let site = SignInSite::start().await;
    let ours = site.emulator.client_id().to_owned();
    for party in [json!("other"), json!(""), json!([ours]), json!(7)] {
        assert_rejected(&site, Forgery::new().claim("azp", party)).await;
    }
    assert_accepted(&site, Forgery::new().claim("azp", ours)).await;
}

/// Catalogue: 62.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_expired_token_is_accepted_within_the_leeway_only() {
    let site = SignInSite::start().await;
    for seconds in [-600, -150] {
        assert_rejected(&site, Forgery::new().claim_from_now("exp", seconds)).await;
    }
    assert_accepted(&site, Forgery::new().claim_from_now("exp", -30)).await;
    assert_rejected(&site, Forgery::new().without_claim("exp")).await;
}

/// Catalogue: 63.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn nbf_is_accepted_within_the_leeway_only() {
    let site = SignInSite::start().await;
    for seconds in [3600, 150] {
        assert_rejected(&site, Forgery::new().claim_from_now("nbf", seconds)).await;
    }
    assert_accepted(&site, Forgery::new().claim_from_now("nbf", 30)).await;
    assert_accepted(&site, Forgery::new().without_claim("nbf")).await;
    for value in [json!(1e300), json!("1"), json!(u64::MAX)] {
        assert_rejected(&site, Forgery::new().claim("nbf", value)).await;
    }
}

/// Catalogue: 64.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn iat_must_be_present_and_not_in_the_future() {
    let site = SignInSite::start().await;
    assert_rejected(&site, Forgery::new().claim_from_now("iat", 3600)).await;
    assert_accepted(&site, Forgery::new().claim_from_now("iat", -300)).await;
    assert_accepted(&site, Forgery::new().claim_from_now("iat", 30)).await;
    assert_rejected(&site, Forgery::new().without_claim("iat")).await;
}

/// Catalogue: 64.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn clock_skew_is_accepted_within_the_leeway_only() {
    let site = SignInSite::start().await;
    for (seconds, fits) in [(60, true), (-60, true), (7200, false), (-7200, false)] {
        site.emulator.set_clock_offset(seconds);
        let expected = if fits {
            Expected::signed_in("alice")
        } else {
            Expected::provider_failed()
        };
        site.sign_in(expected).await;
    }
}

/// Catalogue: 83.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sub_must_be_present_and_of_valid_length() {
    let site = SignInSite::start().await;
    for subject in [
        json!(7),
        json!(""),
        json!("s".repeat(10_240)),
        Value::Null,
        json!(["a"]),
    ] {
        assert_rejected(&site, Forgery::new().claim("sub", subject)).await;
    }
    assert_rejected(&site, Forgery::new().without_claim("sub")).await;
}

/// Catalogue: 83.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn oid_must_be_present() {
    let site = SignInSite::start().await;
    for id in [
        json!(7),
        json!(""),
        json!("alice"),
        Value::Null,
        json!(["a"]),
    ] {
        assert_rejected(&site, Forgery::new().claim("oid", id)).await;
    }
    assert_rejected(&site, Forgery::new().without_claim("oid")).await;
}

/// Catalogue: 84.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_out_of_range_time_claim_causes_no_panic() {
    let site = SignInSite::start().await;
    for time in [
        "1e300",
        "-1",
        "\"253402300799\"",
        "null",
        "[]",
        "-9223372036854775809",
    ] {
        assert_rejected(&site, expiring(time)).await;
    }
    for time in [
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "253402300800",
    ] {
        site.emulator.forge(expiring(time));
        let browser = site.browser();
        let response = browser.sign_in("alice").await;
        assert!(
            [303, 502].contains(&response.status.as_u16()),
            "{}",
            response.body
        );
        site.assert_invariants().await;
        let late = "SELECT 1 FROM session WHERE expires_at > now() at time zone 'utc' + interval '24 hours'";
        assert_eq!(site.count(&format!("({late}) AS late")).await, 0);
    }
    site.assert_recovers().await;
}

/// Catalogue: 85.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_user_without_name_claims_can_sign_in() {
    let site = SignInSite::start().await;
    let names = ["name", "preferred_username", "email"];
    for value in [None, Some(Value::Null), Some(json!(""))] {
        let forgery = names
            .iter()
            .fold(Forgery::new(), |forgery, name| match &value {
                None => forgery.without_claim(name),
                Some(value) => forgery.claim(name, value.clone()),
            });
        site.emulator.forge(forgery);
        site.emulator.fault(
            entra_emulator::Endpoint::Graph,
            entra_emulator::Fault::Reply(entra_emulator::Reply::json(403, &json!({}))),
        );
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        site.open(&browser, &callback, Expected::signed_in("alice"))
            .await;
        let id = browser.account().await.expect("an account");
        assert!(
            browser
                .get("/auth/profile")
                .await
                .body
                .contains(&format!("<bdi>{id}</bdi>"))
        );
    }
}

/// Catalogue: 87.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn at_hash_must_match_the_access_token() {
    let site = SignInSite::start().await;
    for hash in [json!("wrong"), json!(""), json!(7)] {
        assert_rejected(&site, Forgery::new().claim("at_hash", hash)).await;
    }
    assert_accepted(&site, Forgery::new().without_claim("at_hash")).await;
}

async fn assert_rejected(site: &SignInSite, forgery: Forgery) {
    site.emulator.forge(forgery);
    site.sign_in(Expected::provider_failed()).await;
}

async fn assert_accepted(site: &SignInSite, forgery: Forgery) {
    site.emulator.forge(forgery);
    site.sign_in(Expected::signed_in("alice")).await;
}

/// An ID token whose `exp` is this JSON text.
fn expiring(time: &'static str) -> Forgery {
    Forgery::new()
        .without_claim("exp")
        .payload_text(move |text| text.replacen('{', &format!("{{\"exp\":{time},"), 1))
}
