//! Section D: the provider's keys, when they change, are missing or odd.

use std::sync::Arc;

use entra_emulator::{Endpoint, Fault, Forgery, Reply, Signature};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use harness::sign_in::{Expected, SignInSite};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_071_a_new_key_is_fetched_once() {
    let site = SignInSite::start().await;
    site.recovers().await;
    site.emulator.rotate_key();
    site.attempt(Expected::signed_in("alice").calls(Endpoint::Keys, 1))
        .await;
    site.attempt(Expected::signed_in("alice").calls(Endpoint::Keys, 0))
        .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_071_a_new_key_is_fetched_once_for_all_who_need_it() {
    let site = SignInSite::start().await;
    site.recovers().await;
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
    site.assert_holds().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_071_unknown_keys_do_not_make_the_site_flood_the_provider() {
    let site = SignInSite::start().await;
    site.recovers().await;
    for calls in [1, 0, 0] {
        site.emulator
            .forge(Forgery::new().header("kid", "never-heard-of"));
        site.attempt(Expected::provider_failed().calls(Endpoint::Keys, calls))
            .await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_071_a_new_key_that_could_not_be_fetched_is_fetched_the_next_time() {
    let site = SignInSite::start().await;
    site.recovers().await;
    site.emulator.rotate_key();
    let broken = Fault::Reply(Reply::html(503, ""));
    site.emulator.fault(Endpoint::Keys, broken);
    site.attempt(Expected::provider_failed().calls(Endpoint::Keys, 1))
        .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_073_a_withdrawn_key_signs_nothing_for_a_site_that_never_saw_it() {
    let mut site = SignInSite::start().await;
    site.recovers().await;
    let old = site.emulator.rotate_key();
    site.emulator.withdraw_old_keys();
    site.restart_instance(0).await;
    site.emulator.forge(
        Forgery::new()
            .signature(Signature::Rs256(old.clone()))
            .header("kid", old.kid()),
    );
    // The first fetch is the ordinary one of a new process.
    site.attempt(Expected::provider_failed().calls(Endpoint::Keys, 2))
        .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_073_a_key_that_was_published_today_is_still_good() {
    let site = SignInSite::start().await;
    site.recovers().await;
    let old = site.emulator.rotate_key();
    site.emulator.withdraw_old_keys();
    site.attempt(Expected::signed_in("alice")).await;
    site.emulator.forge(
        Forgery::new()
            .signature(Signature::Rs256(old.clone()))
            .header("kid", old.kid()),
    );
    site.attempt(Expected::signed_in("alice").calls(Endpoint::Keys, 0))
        .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_076_without_keys_nobody_is_signed_in_until_they_are_there() {
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
        let refused = Expected::refused(status).calls(Endpoint::Token, 1);
        site.attempt(refused.calls(Endpoint::Keys, 1).still_broken())
            .await;
        site.emulator.behave();
    }
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_077_without_a_kid_one_key_is_clear_and_two_are_not() {
    let site = SignInSite::start().await;
    let nameless = Forgery::new().without_header("kid");
    site.emulator.forge(nameless.clone());
    site.attempt(Expected::signed_in("alice")).await;
    let site = SignInSite::start().await;
    site.emulator.rotate_key();
    site.emulator.forge(nameless);
    site.attempt(Expected::provider_failed()).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_078_odd_entries_do_not_spoil_the_good_key() {
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
            site.attempt(Expected::signed_in("alice").still_broken())
                .await;
        }
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_078_a_key_for_encryption_verifies_nothing() {
    let site = SignInSite::start().await;
    site.emulator.fault(
        Endpoint::Keys,
        Fault::edit_json(|document| {
            document["keys"][0]["use"] = json!("enc");
        }),
    );
    site.attempt(Expected::provider_failed()).await;
    let reply = |reply: Reply| Reply::new(200, "application/jwk-set+json", reply.body);
    site.emulator
        .fault(Endpoint::Keys, Fault::Edit(Arc::new(reply)));
    site.attempt(Expected::signed_in("alice")).await;
}
