//! Signatures of the ID token: algorithms, keys, headers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_emulator::{EllipticKey, Endpoint, Forgery, Signature, SigningKey};
use serde_json::{Value, json};

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 66.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_with_a_missing_or_damaged_signature_is_rejected() {
    let site = SignInSite::start().await;
    for algorithm in ["none", "None", "nOnE", ""] {
        let unsigned = Forgery::new().signature(Signature::None);
        assert_rejected(&site, unsigned.header("alg", algorithm)).await;
    }
    assert_rejected(&site, Forgery::new().header("alg", "none")).await;
    assert_rejected(&site, Forgery::new().without_header("alg")).await;
    let damages: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |_| Vec::new(),
        |mut bytes| {
            bytes.pop();
            bytes
        },
        |mut bytes| {
            bytes[100] ^= 1;
            bytes
        },
        |mut bytes| {
            bytes.push(0);
            bytes
        },
    ];
    for damage in damages {
        assert_rejected(&site, Forgery::new().signature_bytes(damage)).await;
    }
}

/// Catalogue: 67.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_signed_with_a_shared_secret_is_rejected() {
    let site = SignInSite::start().await;
    let key = site.emulator.signing_key();
    for secret in [
        site.emulator.client_secret().as_bytes().to_vec(),
        key.public_pem().as_bytes().to_vec(),
        key.public_pem().trim_end().as_bytes().to_vec(),
        key.public_der().to_vec(),
        key.modulus(),
        Vec::new(),
    ] {
        let signed = Forgery::new().signature(Signature::Hs256(secret));
        assert_rejected(&site, signed.clone()).await;
        assert_rejected(&site, signed.without_header("kid")).await;
    }
}

/// Catalogue: 69.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn only_rs256_is_accepted() {
    let site = SignInSite::start().await;
    let key = site.emulator.signing_key();
    let elliptic = EllipticKey::generate();
    site.emulator.publish_key(elliptic.jwk());
    let kid = elliptic.jwk()["kid"].as_str().expect("a kid").to_owned();
    for forgery in [
        Forgery::new().signature(Signature::Rs384(key.clone())),
        Forgery::new().signature(Signature::Rs512(key.clone())),
        Forgery::new().signature(Signature::Ps256(key)),
        Forgery::new()
            .signature(Signature::Es256(elliptic))
            .header("kid", kid),
    ] {
        assert_rejected(&site, forgery).await;
    }
}

/// Catalogue: 70.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn another_key_under_a_known_kid_is_rejected_without_refetching_the_jwks() {
    let site = SignInSite::start().await;
    site.assert_recovers().await;
    let forged = Forgery::new().signature(Signature::Rs256(SigningKey::foreign()));
    for _ in 0..3 {
        site.emulator.forge(forged.clone());
        site.sign_in(Expected::provider_failed().calls(Endpoint::Keys, 0))
            .await;
    }
}

/// Catalogue: 80.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_key_in_the_token_header_is_ignored() {
    let site = SignInSite::start().await;
    let key = SigningKey::foreign();
    let address = format!("{}/the-attackers-keys", site.emulator.base_url());
    let certificate = json!([URL_SAFE_NO_PAD.encode(key.public_der())]);
    for (name, value) in [
        ("jku", json!(address)),
        ("x5u", json!(address)),
        ("jwk", key.jwk()),
        ("x5c", certificate),
    ] {
        let forged = Forgery::new().signature(Signature::Rs256(key.clone()));
        assert_rejected(&site, forged.clone().header(name, value.clone())).await;
        assert_rejected(&site, forged.header(name, value).header("kid", key.kid())).await;
    }
}

/// Catalogue: 80.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_valid_token_with_a_key_url_in_its_header_causes_no_request() {
    let site = SignInSite::start().await;
    let address = format!("{}/the-attackers-keys", site.emulator.base_url());
    for name in ["jku", "x5u"] {
        site.emulator
            .forge(Forgery::new().header(name, address.clone()));
        let browser = site.browser();
        let response = browser.sign_in("alice").await;
        assert!(
            [303, 502].contains(&response.status.as_u16()),
            "{}",
            response.body
        );
        assert!(site.emulator.requests_to(Endpoint::Other).is_empty());
        site.assert_invariants().await;
    }
    site.assert_recovers().await;
}

/// Catalogue: 81.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_of_another_type_is_rejected() {
    let site = SignInSite::start().await;
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("typ", json!("at+jwt")),
        ("typ", json!("logout+jwt")),
        ("typ", Value::Null),
    ] {
        if value.is_null() {
            site.emulator.forge(Forgery::new().header(name, value));
            site.browser().sign_in("alice").await;
            site.assert_invariants().await;
        } else {
            assert_rejected(&site, Forgery::new().header(name, value)).await;
        }
    }
    let access_token = entra_emulator::Fault::edit_json(|tokens| {
        tokens["id_token"] = tokens["access_token"].clone();
    });
    site.emulator.fault(Endpoint::Token, access_token);
    site.sign_in(Expected::provider_failed()).await;
}

async fn assert_rejected(site: &SignInSite, forgery: Forgery) {
    site.emulator.forge(forgery);
    site.sign_in(Expected::provider_failed()).await;
}
