//! A managed identity instead of a secret (rows 114 to 120).

use std::time::{Duration, Instant};

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::stage::{Stage, as_flags};

fn secretless(emulator: &Emulator) -> Vec<String> {
    let identity = emulator.managed_identity_client_id();
    let mut flags = as_flags(emulator.identity_settings());
    flags.push("--azure-client-secret=".to_owned());
    flags.push(format!("--azure-managed-identity-client-id={identity}"));
    flags.push("--outbound-timeout=1s".to_owned());
    flags
}

async fn stage() -> Stage {
    Stage::with_emulator(Options::default(), secretless).await
}

fn expires_in(seconds: i64) -> Fault {
    Fault::edit_json(move |token: &mut Value| {
        #[expect(
            clippy::disallowed_methods,
            reason = "the identity endpoint's own clock"
        )]
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        token["expires_on"] = json!((now + seconds).to_string());
    })
}

#[tokio::test]
async fn row_114_the_identity_vouches_for_the_site_and_no_secret_is_sent() {
    let stage = stage().await;
    stage.browser_of("alice").await;
    let exchange = &stage.emulator.requests_to(Endpoint::Token)[0];
    assert_eq!(exchange.form("client_secret"), None);
    assert_eq!(exchange.header("authorization"), None);
    assert!(exchange.form("client_assertion").is_some());
    assert_eq!(
        exchange.form("client_assertion_type"),
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    );
    let asked = &stage.emulator.requests_to(Endpoint::ManagedIdentity)[0];
    assert_eq!(asked.query("resource"), Some("api://AzureADTokenExchange"));
}

#[tokio::test]
async fn row_115_a_failing_identity_endpoint_signs_nobody_in_and_nothing_else_is_tried() {
    let stage = stage().await;
    let empty = Fault::edit_json(|token| token["access_token"] = json!(""));
    let page = || Reply::html(200, "<h1>Sign in</h1>");
    for (fault, status) in [
        (Fault::Reply(Reply::json(400, &json!({}))), 502),
        (Fault::Reply(Reply::json(401, &json!({}))), 502),
        (Fault::Reply(Reply::html(500, "<h1>Oops</h1>")), 502),
        (Fault::Reply(page()), 502),
        (
            Fault::Reply(Reply::redirect(
                302,
                &format!("{}/v1.0/me", stage.emulator.base_url()),
            )),
            502,
        ),
        (Fault::Reset, 502),
        (empty, 502),
        (expires_in(-1), 502),
        (Fault::HangBeforeHeaders, 504),
        (Fault::HangAfterHeaders, 504),
    ] {
        stage.emulator.clear_requests();
        stage.emulator.fault(Endpoint::ManagedIdentity, fault);
        let browser = stage.browser();
        let answer = browser.sign_in_from("/", "alice").await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert_eq!(browser.who().await, None);
        assert_eq!(
            stage.emulator.requests_to(Endpoint::ManagedIdentity).len(),
            1
        );
        for endpoint in [Endpoint::Token, Endpoint::Graph] {
            assert!(stage.emulator.requests_to(endpoint).is_empty());
        }
    }
    stage.emulator.behave();
    stage.browser_of("alice").await;
}

#[tokio::test]
async fn row_115_those_who_wait_for_the_same_assertion_share_its_failure() {
    let stage = stage().await;
    stage
        .emulator
        .fault(Endpoint::ManagedIdentity, Fault::HangBeforeHeaders);
    let started = Instant::now();
    let answers = futures_util::future::join_all(
        (0..5).map(|_| async { stage.browser().sign_in_from("/", "alice").await.status }),
    );
    assert_eq!(answers.await, [StatusCode::GATEWAY_TIMEOUT; 5]);
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn row_116_an_assertion_serves_a_hundred_sign_ins() {
    let stage = stage().await;
    let browsers = (0..100).map(|_| stage.browser_of("alice"));
    futures_util::future::join_all(browsers).await;
    assert_eq!(stage.emulator.requests_to(Endpoint::Token).len(), 100);
    assert_eq!(
        stage.emulator.requests_to(Endpoint::ManagedIdentity).len(),
        1
    );
}

#[tokio::test]
async fn row_116_an_assertion_is_renewed_shortly_before_it_expires() {
    let stage = stage().await;
    stage
        .emulator
        .fault(Endpoint::ManagedIdentity, expires_in(330));
    for _ in 0..2 {
        stage.browser_of("alice").await;
    }
    assert_eq!(
        stage.emulator.requests_to(Endpoint::ManagedIdentity).len(),
        1
    );

    let stage = self::stage().await;
    stage
        .emulator
        .fault(Endpoint::ManagedIdentity, expires_in(270));
    for _ in 0..2 {
        stage.browser_of("alice").await;
    }
    assert_eq!(
        stage.emulator.requests_to(Endpoint::ManagedIdentity).len(),
        2
    );
}

#[tokio::test]
async fn row_118_a_secret_wins_over_an_identity_and_only_one_is_sent() {
    let both = |emulator: &Emulator| {
        let mut flags = secretless(emulator);
        flags.retain(|flag| !flag.starts_with("--azure-client-secret"));
        flags
    };
    let stage = Stage::with_emulator(Options::default(), both).await;
    stage.browser_of("alice").await;
    let exchange = &stage.emulator.requests_to(Endpoint::Token)[0];
    assert!(exchange.form("client_secret").is_some());
    assert_eq!(exchange.form("client_assertion"), None);
    assert!(
        stage
            .emulator
            .requests_to(Endpoint::ManagedIdentity)
            .is_empty()
    );
}

#[tokio::test]
async fn row_120_the_assertion_is_for_the_audience_of_the_settings() {
    for audience in [
        "api://AzureADTokenExchangeUSGov",
        "api://AzureADTokenExchangeChina",
    ] {
        let options = Options {
            token_exchange_audience: audience.to_owned(),
            ..Options::default()
        };
        let flags = |emulator: &Emulator| {
            let mut flags = secretless(emulator);
            flags.push(format!("--azure-token-exchange-audience={audience}"));
            flags
        };
        let stage = Stage::with_emulator(options, flags).await;
        stage.browser_of("alice").await;
        let asked = &stage.emulator.requests_to(Endpoint::ManagedIdentity)[0];
        assert_eq!(asked.query("resource"), Some(audience));
    }
}
