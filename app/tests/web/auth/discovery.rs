//! OpenID Connect discovery: metadata that is missing, slow or invalid.

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 6.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_site_starts_without_the_provider_and_recovers() {
    let site = SignInSite::start().await;
    for fault in [
        Fault::Reset,
        Fault::Truncate,
        Fault::Reply(Reply::html(503, "<h1>Service unavailable</h1>")),
    ] {
        site.emulator.fault(Endpoint::Discovery, fault);
        let rejected = Expected::rejected(502).unrecovered();
        site.open(&site.browser(), "/auth/login", rejected).await;
    }
    assert_eq!(site.count("sign_in_attempt").await, 0);
    site.assert_recovers().await;
}

/// Catalogue: 6.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_in_fails_at_once_if_the_provider_refuses_connections() {
    let site = SignInSite::start_with(&[("AZURE_AUTHORITY_HOST", "http://127.0.0.1:9")]).await;
    let rejected = Expected::rejected(502).unrecovered();
    site.open(&site.browser(), "/auth/login", rejected).await;
}

/// Catalogue: 7.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn invalid_metadata_is_rejected_and_not_cached() {
    let site = SignInSite::start().await;
    let other_tenant =
        site.emulator.base_url().to_owned() + "/" + entra_emulator::OTHER_TENANT_ID + "/v2.0";
    let replies = [
        Reply::json(404, &json!({ "error": "invalid_tenant" })),
        Reply::html(200, "<h1>Sign in to the hotel's network</h1>"),
        Reply::json(200, &json!([])),
        Reply::json(200, &Value::Null),
        Reply::json(200, &json!({})),
    ];
    let mut faults: Vec<_> = replies.into_iter().map(Fault::Reply).collect();
    for name in [
        "token_endpoint",
        "authorization_endpoint",
        "jwks_uri",
        "issuer",
    ] {
        for value in [None, Some(json!(7)), Some(json!("nowhere"))] {
            faults.push(Fault::edit_json(move |document| match &value {
                Some(value) => document[name] = value.clone(),
                None => drop(
                    document
                        .as_object_mut()
                        .and_then(|document| document.remove(name)),
                ),
            }));
        }
    }
    for issuer in [other_tenant, "https://login.example/common/v2.0".to_owned()] {
        faults.push(Fault::edit_json(move |document| {
            document["issuer"] = json!(issuer);
        }));
    }
    for fault in faults {
        site.emulator.fault(Endpoint::Discovery, fault);
        let rejected = Expected::rejected(502).calls(Endpoint::Discovery, 1);
        site.open(&site.browser(), "/auth/login", rejected.unrecovered())
            .await;
    }
    site.assert_recovers().await;
}

/// Catalogue: 8.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn concurrent_sign_ins_share_one_metadata_request() {
    let site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    site.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let mut logins = JoinSet::new();
    for _ in 0..50 {
        let browser = site.browser();
        logins.spawn(async move { browser.get("/auth/login").await.status });
    }
    let public = site.browser().get("/").await;
    assert_eq!(public.status, 200);
    for status in logins.join_all().await {
        assert_eq!(status, 504);
    }
    assert!(site.emulator.peak_concurrency(Endpoint::Discovery) <= 2);
    site.assert_invariants().await;
    site.assert_recovers().await;
}

/// Catalogue: 9.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_redirect_of_metadata_or_jwks_is_not_followed() {
    let site = SignInSite::start().await;
    let elsewhere = Emulator::start(Options::default()).await.expect("a host");
    for status in [301, 302, 303, 307, 308] {
        let fault = Fault::Reply(Reply::redirect(status, elsewhere.base_url()));
        site.emulator.fault(Endpoint::Discovery, fault);
        let rejected = Expected::rejected(502).unrecovered();
        site.open(&site.browser(), "/auth/login", rejected).await;
    }
    site.emulator.end_misbehaviour();
    for status in [302, 307] {
        let fault = Fault::Reply(Reply::redirect(status, elsewhere.base_url()));
        site.emulator.fault(Endpoint::Keys, fault);
        site.sign_in(Expected::provider_failed().unrecovered())
            .await;
    }
    site.assert_recovers().await;
    assert!(elsewhere.requests().is_empty());
}
