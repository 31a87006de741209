//! The token endpoint: code exchange and its failures.

use std::collections::BTreeSet;
use std::time::Duration;

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 42.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_code_is_exchanged_by_a_form_with_one_client_credential() {
    let site = SignInSite::start().await;
    site.sign_in(Expected::signed_in("alice").unrecovered())
        .await;
    let calls = site.emulator.requests_to(Endpoint::Token);
    let redirect_uri = format!("http://127.0.0.1:{}/auth/callback", site.instances[0].port);
    assert_eq!(calls[0].method, "POST");
    assert!(calls[0].query.is_empty());
    assert_eq!(calls[0].header("authorization"), None);
    assert_eq!(calls[0].form("grant_type"), Some("authorization_code"));
    assert_eq!(calls[0].form("redirect_uri"), Some(&*redirect_uri));
    assert_eq!(calls[0].form("client_id"), Some(site.emulator.client_id()));
    assert_eq!(
        calls[0].form("client_secret"),
        Some(site.emulator.client_secret())
    );
    let names: Vec<_> = calls[0]
        .form
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let expected = [
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
        "grant_type",
        "redirect_uri",
    ];
    assert_eq!(
        names.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from(expected)
    );
    assert_eq!(names.len(), expected.len(), "{names:?}");
    for request in site.emulator.requests() {
        let query = format!("{:?}", request.query);
        assert!(!query.contains(site.emulator.client_secret()), "{query}");
    }
}

/// Catalogue: 43.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_endpoint_error_is_not_retried() {
    let site = SignInSite::start().await;
    for status in [500, 502, 503] {
        let fault = Fault::Reply(Reply::html(status, "<h1>words of the provider</h1>"));
        site.emulator.fault(Endpoint::Token, fault);
        let response = site.sign_in(Expected::provider_failed()).await;
        assert!(!response.body.contains("words of the provider"));
    }
}

/// Catalogue: 44.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_endpoint_error_is_logged_by_its_number_only() {
    let site = SignInSite::start().await;
    for (status, error, description, number, expected) in [
        (
            400,
            "invalid_grant",
            "AADSTS54005: <b>words</b>",
            "invalid_grant AADSTS54005",
            400,
        ),
        (
            401,
            "invalid_client",
            "AADSTS7000215: <b>words</b>",
            "invalid_client AADSTS7000215",
            502,
        ),
        (
            400,
            "<script>words",
            "<script>words AADSTS1",
            "scriptwords",
            502,
        ),
        (400, "unauthorized_client", "", "unauthorized_client", 502),
    ] {
        let body = json!({ "error": error, "error_description": description, "error_codes": [1] });
        site.emulator
            .fault(Endpoint::Token, Fault::Reply(Reply::json(status, &body)));
        let start = site.log.line_count();
        let rejected = Expected::rejected(expected).calls(Endpoint::Token, 1);
        let response = site.sign_in(rejected).await;
        assert!(!response.body.contains("words"), "{}", response.body);
        let log = site.log.since(start);
        assert!(
            log.iter().any(|line| line.reason().contains(number)),
            "{log:?}"
        );
        assert!(log.iter().all(|line| !line.text.contains('<')), "{log:?}");
    }
}

/// Catalogue: 44.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_wrong_client_secret_is_a_configuration_error() {
    let site = SignInSite::start_with(&[("AZURE_CLIENT_SECRET", "another secret")]).await;
    site.sign_in(Expected::provider_failed().unrecovered())
        .await;
}

/// Catalogue: 46.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_busy_token_endpoint_is_not_retried() {
    let site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    let busy = Reply::json(429, &json!({ "error": "slow_down" })).header("Retry-After", "3600");
    site.emulator.fault(Endpoint::Token, Fault::Reply(busy));
    site.sign_in(Expected::provider_failed()).await;
    site.emulator.fault(
        Endpoint::Token,
        Fault::Reply(Reply::html(429, "").header("Retry-After", "3600")),
    );
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 47.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_slow_token_response_times_out() {
    let site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    for fault in [
        Fault::HangBeforeHeaders,
        Fault::HangAfterHeaders,
        Fault::Delay(Duration::from_mins(1)),
        Fault::Drip(Duration::from_millis(300)),
    ] {
        site.emulator.fault(Endpoint::Token, fault);
        let timed_out = Expected::rejected(504).calls(Endpoint::Token, 1);
        site.sign_in(timed_out).await;
    }
}

/// Catalogue: 47.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn slow_provider_responses_share_one_timeout() {
    let site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "3s")]).await;
    let slow = Duration::from_secs(2);
    site.emulator.fault(Endpoint::Token, Fault::Delay(slow));
    site.emulator.fault(Endpoint::Keys, Fault::Delay(slow));
    let timed_out = Expected::rejected(504).calls(Endpoint::Token, 1);
    site.sign_in(timed_out.unrecovered()).await;
    site.assert_recovers().await;
    site.emulator.fault(Endpoint::Token, Fault::Delay(slow));
    site.emulator.fault(Endpoint::Graph, Fault::Delay(slow));
    site.sign_in(Expected::signed_in("alice")).await;
}

/// Catalogue: 49.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_response_of_100_mb_is_not_read() {
    let site = SignInSite::start().await;
    for endpoint in [Endpoint::Token, Endpoint::Keys, Endpoint::Graph] {
        for declared in [true, false] {
            site.emulator.fault(
                endpoint,
                Fault::Flood {
                    bytes: 100 << 20,
                    declared,
                },
            );
            let expected = match endpoint {
                Endpoint::Graph => Expected::signed_in("alice"),
                _ => Expected::provider_failed(),
            };
            site.sign_in(expected.unrecovered()).await;
            site.emulator.end_misbehaviour();
        }
    }
    site.assert_recovers().await;
}

/// Catalogue: 51.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_response_that_is_not_one_json_object_is_rejected() {
    let site = SignInSite::start().await;
    for body in [
        "{\"access_token\":",
        "[]",
        "null",
        "\"x\"",
        "",
        "7",
        "{} {}",
        "\u{feff}{}",
    ] {
        let reply = Reply::new(200, "application/json", body);
        site.emulator.fault(Endpoint::Token, Fault::Reply(reply));
        site.sign_in(Expected::provider_failed()).await;
    }
    let edits: [fn(String) -> String; 5] = [
        |text| format!("\u{feff}{text}"),
        |text| format!("[{text}]"),
        |text| text.replacen('{', "{\"id_token\":\"a\",", 1),
        |text| text.replacen('{', "{\"id_toke\\u006e\":\"a\",", 1),
        |text| text.replacen("3600", "NaN", 1),
    ];
    for edit in edits {
        site.emulator.fault(Endpoint::Token, Fault::edit_text(edit));
        site.sign_in(Expected::provider_failed()).await;
    }
    site.emulator.fault(
        Endpoint::Token,
        Fault::Edit(std::sync::Arc::new(|reply: Reply| {
            Reply::new(200, "text/html", reply.body)
        })),
    );
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 52.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_response_without_an_id_token_is_rejected() {
    let site = SignInSite::start().await;
    for value in [
        None,
        Some(Value::Null),
        Some(json!(7)),
        Some(json!("")),
        Some(json!({})),
    ] {
        edit_tokens(&site, "id_token", value);
        site.sign_in(Expected::provider_failed()).await;
    }
}

/// Catalogue: 53.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_response_needs_a_bearer_access_token() {
    let site = SignInSite::start().await;
    for (name, value) in [
        ("access_token", None),
        ("access_token", Some(Value::Null)),
        ("access_token", Some(json!(7))),
        ("token_type", None),
        ("token_type", Some(json!("mac"))),
        ("token_type", Some(json!("DPoP"))),
        ("token_type", Some(json!(["Bearer"]))),
    ] {
        edit_tokens(&site, name, value);
        site.sign_in(Expected::provider_failed()).await;
    }
    for kind in ["bearer", "BEARER"] {
        edit_tokens(&site, "token_type", Some(json!(kind)));
        site.sign_in(Expected::signed_in("alice")).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn unused_members_of_the_token_response_are_ignored() {
    let site = SignInSite::start().await;
    for (name, value) in [
        ("expires_in", Some(json!("3599"))),
        ("expires_in", Some(json!(-1.5))),
        ("expires_in", None),
        ("scope", Some(json!(7))),
        ("refresh_token", Some(json!([]))),
        ("ext_expires_in", Some(json!({}))),
    ] {
        edit_tokens(&site, name, value);
        site.sign_in(Expected::signed_in("alice")).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_log_names_the_member_of_the_token_response_that_cannot_be_used() {
    let site = SignInSite::start().await;
    for name in ["access_token", "token_type", "id_token"] {
        let start = site.log.line_count();
        edit_tokens(&site, name, Some(json!(7)));
        site.sign_in(Expected::provider_failed()).await;
        let lines = site.log.since(start);
        assert!(
            lines.iter().any(|line| line.reason().contains(name)),
            "{lines:?}"
        );
    }
}

/// Catalogue: 54.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let site = SignInSite::start().await;
    let elsewhere = Emulator::start(Options::default()).await.expect("a host");
    let address = format!("{}/common/oauth2/v2.0/token", elsewhere.base_url());
    for status in [301, 302, 303, 307, 308] {
        let fault = Fault::Reply(Reply::redirect(status, &address));
        site.emulator.fault(Endpoint::Token, fault);
        site.sign_in(Expected::provider_failed()).await;
        let fault = Fault::Reply(Reply::redirect(status, &address));
        site.emulator.fault(Endpoint::Graph, fault);
        site.sign_in(Expected::signed_in("alice")).await;
    }
    assert!(elsewhere.requests().is_empty());
}

/// Catalogue: 56.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_broken_connection_to_the_token_endpoint_is_not_retried() {
    let site = SignInSite::start().await;
    for fault in [Fault::Reset, Fault::Truncate] {
        site.emulator.fault(Endpoint::Token, fault);
        site.sign_in(Expected::provider_failed()).await;
    }
}

/// Catalogue: 56.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_unreachable_token_endpoint_is_a_502() {
    let plain = Emulator::start(Options::default())
        .await
        .expect("a host without TLS");
    let unknown_host = format!("https://{}.invalid/token", "a".repeat(64));
    let without_tls = plain.base_url().replace("http://", "https://");
    for address in [
        "http://127.0.0.1:9/token".to_owned(),
        unknown_host,
        without_tls,
    ] {
        let site = SignInSite::start().await;
        site.emulator.fault(
            Endpoint::Discovery,
            Fault::edit_json(move |document| {
                document["token_endpoint"] = json!(address);
            }),
        );
        site.sign_in(Expected::rejected(502).unrecovered()).await;
    }
}

/// Catalogue: 57.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn concurrent_sign_ins_use_their_own_pkce_verifiers() {
    let site = SignInSite::start().await;
    let mut sign_ins = JoinSet::new();
    for number in 0..50 {
        let person = ["alice", "bob", "carol"][number % 3];
        let browser = site.browser();
        sign_ins.spawn(async move {
            let response = browser.sign_in(person).await;
            assert_eq!(response.status, 303, "{}", response.body);
            (person, browser.account().await)
        });
    }
    let people = site.emulator.people();
    for (person, account) in sign_ins.join_all().await {
        let expected = people.iter().find(|other| other.key == person);
        assert_eq!(account, expected.map(|person| person.object_id.clone()));
    }
    let calls = site.emulator.requests_to(Endpoint::Token);
    let verifiers: BTreeSet<_> = calls
        .iter()
        .filter_map(|call| call.form("code_verifier"))
        .collect();
    assert_eq!((calls.len(), verifiers.len()), (50, 50));
    site.assert_invariants().await;
}

fn edit_tokens(site: &SignInSite, name: &'static str, value: Option<Value>) {
    let fault = Fault::edit_json(move |tokens| match &value {
        Some(value) => tokens[name] = value.clone(),
        None => drop(
            tokens
                .as_object_mut()
                .and_then(|tokens| tokens.remove(name)),
        ),
    });
    site.emulator.fault(Endpoint::Token, fault);
}
