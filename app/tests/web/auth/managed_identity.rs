//! A managed identity assertion instead of a client secret.

use std::time::{Duration, Instant};

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};
use futures_util::future::join_all;
use serde_json::{Value, json};

use harness::sign_in::signed_in_browser;
use harness::sign_in::{Expected, SignInSite};

/// The settings of a site without a secret, and further ones.
async fn secretless(options: Options, further: &[(&str, &str)]) -> SignInSite {
    let emulator = Emulator::start(options).await.expect("a provider");
    let identity = emulator.managed_identity_client_id().to_owned();
    let endpoint = emulator.identity_settings();
    let mut settings = vec![
        ("AZURE_CLIENT_SECRET", ""),
        ("AZURE_MANAGED_IDENTITY_CLIENT_ID", &identity),
    ];
    settings.extend(endpoint.iter().map(|(name, value)| (*name, value.as_str())));
    settings.extend(further);
    SignInSite::start_on(emulator, &settings).await
}

async fn site() -> SignInSite {
    secretless(Options::default(), &[]).await
}

/// A site with a short outbound timeout.
async fn site_with_short_timeout() -> SignInSite {
    secretless(Options::default(), &[("OUTBOUND_TIMEOUT", "2s")]).await
}

fn expires_in(seconds: i64) -> Fault {
    Fault::edit_json(move |token: &mut Value| {
        token["expires_on"] = json!((now() + seconds).to_string());
    })
}

fn now() -> i64 {
    app::clock::now().assume_utc().unix_timestamp()
}

fn token_requests(site: &SignInSite) -> usize {
    site.emulator.requests_to(Endpoint::ManagedIdentity).len()
}

/// Catalogue: 114.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_managed_identity_assertion_replaces_the_client_secret() {
    let site = site().await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let expected = Expected::signed_in("alice").unrecovered();
    site.open(
        &browser,
        &callback,
        expected.calls(Endpoint::ManagedIdentity, 1),
    )
    .await;
    let exchange = &site.emulator.requests_to(Endpoint::Token)[0];
    assert_eq!(exchange.form("client_secret"), None);
    assert_eq!(exchange.header("authorization"), None);
    assert!(exchange.form("client_assertion").is_some());
    let jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(exchange.form("client_assertion_type"), Some(jwt_bearer));
    let asked = &site.emulator.requests_to(Endpoint::ManagedIdentity)[0];
    assert_eq!(asked.query("resource"), Some("api://AzureADTokenExchange"));
    site.assert_recovers().await;
}

/// Catalogue: 115.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_failing_identity_endpoint_rejects_the_sign_in_without_fallback() {
    let site = site_with_short_timeout().await;
    let elsewhere = format!("{}/v1.0/me", site.emulator.base_url());
    for (fault, status) in [
        (Fault::Reply(Reply::json(400, &json!({}))), 502),
        (Fault::Reply(Reply::json(401, &json!({}))), 502),
        (Fault::Reply(Reply::html(500, "<h1>Oops</h1>")), 502),
        (Fault::Reply(Reply::html(200, "<h1>Sign in</h1>")), 502),
        (Fault::Reply(Reply::redirect(302, &elsewhere)), 502),
        (Fault::Reset, 502),
        (
            Fault::edit_json(|token| token["access_token"] = json!("")),
            502,
        ),
        (expires_in(-1), 502),
        (Fault::HangBeforeHeaders, 504),
        (Fault::HangAfterHeaders, 504),
    ] {
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        site.emulator.fault(Endpoint::ManagedIdentity, fault);
        let expected = Expected::rejected(status).calls(Endpoint::ManagedIdentity, 1);
        site.open(&browser, &callback, expected.unrecovered()).await;
    }
    site.assert_recovers().await;
}

/// Catalogue: 115.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn requests_waiting_for_one_assertion_share_the_timeout() {
    let site = site_with_short_timeout().await;
    let fault = Fault::HangBeforeHeaders;
    site.emulator.fault(Endpoint::ManagedIdentity, fault);
    let callbacks = join_all((0..5).map(|_| async {
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        (browser, callback)
    }));
    let callbacks = callbacks.await;
    let started = Instant::now();
    let opened = callbacks
        .iter()
        .map(|(browser, callback)| browser.get(callback));
    for response in join_all(opened).await {
        assert_eq!(response.status, 504, "{}", response.body);
    }
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    site.assert_recovers().await;
}

/// Catalogue: 116.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_assertion_is_reused_for_many_sign_ins() {
    let site = site().await;
    join_all((0..100).map(|_| signed_in_browser(&site, "alice"))).await;
    assert_eq!(site.emulator.requests_to(Endpoint::Token).len(), 100);
    assert_eq!(token_requests(&site), 1);
}

/// Catalogue: 116.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_assertion_is_renewed_shortly_before_it_expires() {
    for (lifetime, times) in [(360, 1), (240, 2)] {
        let site = site().await;
        site.emulator
            .fault(Endpoint::ManagedIdentity, expires_in(lifetime));
        for _ in 0..2 {
            signed_in_browser(&site, "alice").await;
        }
        assert_eq!(token_requests(&site), times, "{lifetime} s");
    }
}

/// Catalogue: 116.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_expiry_of_an_assertion_may_be_a_number() {
    for (expires_on, status) in [
        (json!(now() + 3600), 303),
        (json!((now() + 3600).to_string()), 303),
        (json!(now() - 1), 502),
        (json!(1e300), 502),
        (json!(null), 502),
        (json!("tomorrow"), 502),
    ] {
        let site = site().await;
        let fault = Fault::edit_json(move |token| token["expires_on"] = expires_on.clone());
        site.emulator.fault(Endpoint::ManagedIdentity, fault);
        assert_eq!(site.browser().sign_in("alice").await.status, status);
    }
}

/// Catalogue: 118.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_client_secret_takes_precedence_over_a_managed_identity() {
    let emulator = Emulator::start(Options::default())
        .await
        .expect("a provider");
    let identity = emulator.managed_identity_client_id().to_owned();
    let endpoint = emulator.identity_settings();
    let mut settings = vec![("AZURE_MANAGED_IDENTITY_CLIENT_ID", identity.as_str())];
    settings.extend(endpoint.iter().map(|(name, value)| (*name, value.as_str())));
    let site = SignInSite::start_on(emulator, &settings).await;
    signed_in_browser(&site, "alice").await;
    let exchange = &site.emulator.requests_to(Endpoint::Token)[0];
    assert_eq!(
        exchange.form("client_secret"),
        Some(site.emulator.client_secret())
    );
    assert_eq!(exchange.form("client_assertion"), None);
    assert_eq!(token_requests(&site), 0);
}

/// Catalogue: 120.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_assertion_has_the_configured_audience() {
    for audience in [
        "api://AzureADTokenExchangeUSGov",
        "api://AzureADTokenExchangeChina",
    ] {
        let options = Options {
            token_exchange_audience: audience.to_owned(),
            ..Options::default()
        };
        let further = [("AZURE_TOKEN_EXCHANGE_AUDIENCE", audience)];
        let site = secretless(options, &further).await;
        signed_in_browser(&site, "alice").await;
        let asked = &site.emulator.requests_to(Endpoint::ManagedIdentity)[0];
        assert_eq!(asked.query("resource"), Some(audience));
    }
}
