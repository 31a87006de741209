//! Section D: who has signed an ID token, and how.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_emulator::{EllipticKey, Endpoint, Forgery, Signature, SigningKey};
use serde_json::{Value, json};

use harness::sign_in::{Expected, SignInSite};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_066_a_token_without_a_whole_signature_is_refused() {
    let site = SignInSite::start().await;
    for algorithm in ["none", "None", "nOnE", ""] {
        let unsigned = Forgery::new().signature(Signature::None);
        refuse(&site, unsigned.header("alg", algorithm)).await;
    }
    refuse(&site, Forgery::new().header("alg", "none")).await;
    refuse(&site, Forgery::new().without_header("alg")).await;
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
        refuse(&site, Forgery::new().signature_bytes(damage)).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_067_a_shared_secret_signs_nothing() {
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
        refuse(&site, signed.clone()).await;
        refuse(&site, signed.without_header("kid")).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_069_only_rs256_is_accepted() {
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
        refuse(&site, forgery).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_070_another_key_under_a_known_name_is_refused_without_a_look_at_the_keys() {
    let site = SignInSite::start().await;
    site.recovers().await;
    let forged = Forgery::new().signature(Signature::Rs256(SigningKey::foreign()));
    for _ in 0..3 {
        site.emulator.forge(forged.clone());
        site.attempt(Expected::provider_failed().calls(Endpoint::Keys, 0))
            .await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_080_a_key_that_the_token_brings_along_is_not_looked_at() {
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
        refuse(&site, forged.clone().header(name, value.clone())).await;
        refuse(&site, forged.header(name, value).header("kid", key.kid())).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_080_an_honest_token_with_such_a_header_costs_no_call() {
    let site = SignInSite::start().await;
    let address = format!("{}/the-attackers-keys", site.emulator.base_url());
    for name in ["jku", "x5u"] {
        site.emulator
            .forge(Forgery::new().header(name, address.clone()));
        let browser = site.browser();
        let answer = browser.sign_in("alice").await;
        assert!(
            [303, 502].contains(&answer.status.as_u16()),
            "{}",
            answer.body
        );
        assert!(site.emulator.requests_to(Endpoint::Other).is_empty());
        site.assert_holds().await;
    }
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_081_a_token_of_another_kind_is_refused() {
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
            site.assert_holds().await;
        } else {
            refuse(&site, Forgery::new().header(name, value)).await;
        }
    }
    let access_token = entra_emulator::Fault::edit_json(|tokens| {
        tokens["id_token"] = tokens["access_token"].clone();
    });
    site.emulator.fault(Endpoint::Token, access_token);
    site.attempt(Expected::provider_failed()).await;
}

async fn refuse(site: &SignInSite, forgery: Forgery) {
    site.emulator.forge(forgery);
    site.attempt(Expected::provider_failed()).await;
}
