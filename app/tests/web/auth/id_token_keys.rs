//! Signing keys: JWKS refresh, rotation and malformed entries.

use std::sync::Arc;

use entra_emulator::{Endpoint, Fault, Forgery, Reply, Signature};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 71.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_new_signing_key_causes_one_jwks_refetch() {
    let site = SignInSite::start().await;
    site.assert_recovers().await;
    site.emulator.rotate_key();
    site.sign_in(Expected::signed_in("alice").calls(Endpoint::Keys, 1))
        .await;
    site.sign_in(Expected::signed_in("alice").calls(Endpoint::Keys, 0))
        .await;
}

/// Catalogue: 71.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn concurrent_sign_ins_share_one_jwks_refetch() {
    let site = SignInSite::start().await;
    site.assert_recovers().await;
    site.emulator.rotate_key();
    site.emulator.clear_requests();
    let mut sign_ins = JoinSet::new();
    for _ in 0..20 {
        let browser = site.browser();
        sign_ins.spawn(async move { browser.sign_in("alice").await.status });
    }
    for status in sign_ins.join_all().await {
        assert_eq!(status, 303);
    }
    assert_eq!(site.emulator.requests_to(Endpoint::Keys).len(), 1);
    site.assert_invariants().await;
}

/// Catalogue: 71.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn jwks_refetches_for_unknown_keys_are_throttled() {
    let site = SignInSite::start().await;
    site.assert_recovers().await;
    for calls in [1, 0, 0] {
        site.emulator
            .forge(Forgery::new().header("kid", "never-heard-of"));
        site.sign_in(Expected::provider_failed().calls(Endpoint::Keys, calls))
            .await;
    }
}

/// Catalogue: 71.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_failed_jwks_refetch_is_repeated_on_the_next_sign_in() {
    let site = SignInSite::start().await;
    site.assert_recovers().await;
    site.emulator.rotate_key();
    let broken = Fault::Reply(Reply::html(503, ""));
    site.emulator.fault(Endpoint::Keys, broken);
    site.sign_in(Expected::provider_failed().calls(Endpoint::Keys, 1))
        .await;
}

/// Catalogue: 73.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_withdrawn_key_is_rejected_by_a_new_process() {
    let mut site = SignInSite::start().await;
    site.assert_recovers().await;
    let old = site.emulator.rotate_key();
    site.emulator.withdraw_old_keys();
    site.restart_instance(0).await;
    site.emulator.forge(
        Forgery::new()
            .signature(Signature::Rs256(old.clone()))
            .header("kid", old.kid()),
    );
    // A new process fetches the keys at its first sign-in.
    site.sign_in(Expected::provider_failed().calls(Endpoint::Keys, 2))
        .await;
}

/// Catalogue: 73.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_cached_key_stays_valid_for_a_day() {
    let site = SignInSite::start().await;
    site.assert_recovers().await;
    let old = site.emulator.rotate_key();
    site.emulator.withdraw_old_keys();
    site.sign_in(Expected::signed_in("alice")).await;
    site.emulator.forge(
        Forgery::new()
            .signature(Signature::Rs256(old.clone()))
            .header("kid", old.kid()),
    );
    site.sign_in(Expected::signed_in("alice").calls(Endpoint::Keys, 0))
        .await;
}

/// Catalogue: 76.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn without_a_jwks_sign_in_fails_until_it_is_available() {
    let site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    let empty = Reply::json(200, &json!({ "keys": [] }));
    for (fault, status) in [
        (Fault::Reset, 502),
        (Fault::Reply(Reply::html(500, "")), 502),
        (Fault::Reply(Reply::html(200, "<h1>Keys</h1>")), 502),
        (Fault::Reply(Reply::json(200, &json!([]))), 502),
        (Fault::Reply(Reply::json(200, &json!({ "keys": {} }))), 502),
        (Fault::Reply(empty), 502),
        (Fault::HangBeforeHeaders, 504),
        (Fault::HangAfterHeaders, 504),
    ] {
        site.emulator.fault(Endpoint::Keys, fault);
        let rejected = Expected::rejected(status).calls(Endpoint::Token, 1);
        site.sign_in(rejected.calls(Endpoint::Keys, 1).unrecovered())
            .await;
        site.emulator.end_misbehaviour();
    }
    site.assert_recovers().await;
}

/// Catalogue: 77.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_without_a_kid_is_accepted_only_with_a_single_key() {
    let site = SignInSite::start().await;
    let nameless = Forgery::new().without_header("kid");
    site.emulator.forge(nameless.clone());
    site.sign_in(Expected::signed_in("alice")).await;
    let site = SignInSite::start().await;
    site.emulator.rotate_key();
    site.emulator.forge(nameless);
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 78.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn malformed_jwks_entries_are_skipped() {
    let site = SignInSite::start().await;
    let key = site.emulator.signing_key().jwk();
    let with = |name: &str, value: Value| {
        let mut entry = key.clone();
        entry[name] = value;
        entry
    };
    let odd = [
        with("use", json!("enc")),
        with("alg", json!("RS256")),
        json!({ "kty": "never-heard-of", "kid": key["kid"] }),
        json!({ "kty": "RSA", "use": "sig", "kid": "other", "n": "!!!", "e": "AQAB" }),
        json!({ "kty": "RSA", "use": "sig", "kid": "other" }),
        with("n", json!("!!!")),
        with("e", Value::Null),
        json!({ "kty": "EC", "use": "sig", "kid": key["kid"], "crv": "P-256" }),
        key.clone(),
        Value::Null,
        json!(7),
        json!([]),
    ];
    for first in [true, false] {
        for entry in &odd {
            let site = SignInSite::start().await;
            let (entry, replaces) = (entry.clone(), entry.get("alg").is_some());
            site.emulator.fault(
                Endpoint::Keys,
                Fault::edit_json(move |document| {
                    let keys = document["keys"].as_array_mut().expect("the keys");
                    if replaces {
                        keys.clear();
                    }
                    keys.insert(if first { 0 } else { keys.len() }, entry.clone());
                }),
            );
            site.sign_in(Expected::signed_in("alice").unrecovered())
                .await;
        }
    }
}

/// Catalogue: 78.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_encryption_key_is_not_used_for_signatures() {
    let site = SignInSite::start().await;
    site.emulator.fault(
        Endpoint::Keys,
        Fault::edit_json(|document| {
            document["keys"][0]["use"] = json!("enc");
        }),
    );
    site.sign_in(Expected::provider_failed()).await;
    let reply = |reply: Reply| Reply::new(200, "application/jwk-set+json", reply.body);
    site.emulator
        .fault(Endpoint::Keys, Fault::Edit(Arc::new(reply)));
    site.sign_in(Expected::signed_in("alice")).await;
}
