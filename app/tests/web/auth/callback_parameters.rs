//! Parameters of the callback: errors, codes, duplicates, `iss`.

use entra_emulator::{Endpoint, Fault};
use reqwest::Method;
use serde_json::json;

use super::callback::with_state;
use harness::sign_in::{Expected, SignInSite};

const MARKUP: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>";

/// Catalogue: 26.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_declined_sign_in_shows_a_page_that_says_so() {
    let site = SignInSite::start().await;
    respond_with_error(
        &site,
        "access_denied",
        "AADSTS65004: the-words-of-the-provider",
    );
    let response = site.sign_in(Expected::rejected(403)).await;
    assert!(
        response.body.contains("Sign-in was declined"),
        "{}",
        response.body
    );
    assert!(
        response.body.contains("href=\"/auth/login\""),
        "{}",
        response.body
    );
    assert!(!response.body.contains("the-words"), "{}", response.body);
    assert_eq!(site.count("sign_in_attempt").await, 0);
}

/// Catalogue: 27.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_error_without_a_valid_state_changes_nothing() {
    let site = SignInSite::start().await;
    let (attacker, victim) = (site.browser(), site.browser());
    let own = victim.begin_as("carol").await;
    victim.sign_in("alice").await;
    let foreign = attacker.begin_as("alice").await;
    let foreign = foreign.replacen("code=", "error=access_denied&x=", 1);
    for address in [
        "/auth/callback?error=access_denied",
        "/auth/callback?error=a&state=",
        &foreign,
    ] {
        let rejected = Expected::rejected(400).unrecovered();
        site.open(&victim, address, rejected).await;
    }
    assert_eq!(site.count("sign_in_attempt").await, 2);
    site.open(&victim, &own, Expected::signed_in("carol")).await;
}

/// Parts of such texts that no page and no log line may contain.
const DANGEROUS: [&str; 6] = [
    "<script>alert",
    "onerror=",
    "Set-Cookie:",
    "\\u003cscript",
    "+ADw",
    "javascript:",
];

/// Catalogue: 28.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn error_texts_of_the_provider_become_neither_markup_nor_links_nor_log_lines() {
    let site = SignInSite::start().await;
    let long = "long".repeat(5000);
    for value in [
        MARKUP,
        "a\r\nSet-Cookie: a=b\r\n",
        "\\u003cscript\\u003e",
        "+ADw-script+AD4-",
        "javascript:alert(1)",
        &long,
    ] {
        for name in ["error", "error_description", "error_uri", "error_subcode"] {
            let (name, text) = (name.to_owned(), value.to_owned());
            site.emulator.edit_callback(move |parameters| {
                parameters.retain(|(other, _)| other != "code" && *other != name);
                parameters.push(("error".to_owned(), "server_error".to_owned()));
                parameters.retain(|(other, _)| *other != name);
                parameters.push((name.clone(), text.clone()));
            });
            let browser = site.browser();
            let callback = browser.begin_as("alice").await;
            let start = site.log.line_count();
            let rejected = Expected::rejected(400).unrecovered();
            let response = site.open(&browser, &callback, rejected).await;
            let lines = site.log.since(start);
            for part in DANGEROUS {
                assert!(!response.body.contains(part), "{}", response.body);
                assert!(
                    lines.iter().all(|line| !line.text.contains(part)),
                    "{lines:?}"
                );
            }
            assert!(!response.body.contains("longlong"), "{}", response.body);
            assert!(lines.iter().all(|line| line.text.len() < 1000), "{lines:?}");
            assert!(!response.headers.contains_key("set-cookie"));
        }
    }
    site.assert_recovers().await;
}

/// Catalogue: 30.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn every_provider_error_shows_a_page_and_does_not_redirect_to_the_provider() {
    let site = SignInSite::start().await;
    for error in [
        "login_required",
        "interaction_required",
        "server_error",
        "temporarily_unavailable",
        "never_heard_of",
        "",
    ] {
        respond_with_error(&site, error, "");
        let response = site
            .sign_in(Expected::rejected(400).calls(Endpoint::Authorize, 0))
            .await;
        assert!(response.location().is_empty() && !response.body.contains("http-equiv"));
    }
}

/// Catalogue: 30.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_log_contains_the_aadsts_error_number() {
    let site = SignInSite::start().await;
    respond_with_error(
        &site,
        "invalid_request",
        "AADSTS50105: <b>the words</b> of the provider",
    );
    let start = site.log.line_count();
    site.sign_in(Expected::rejected(400)).await;
    let lines = site.log.since(start);
    let reason = "the provider refused: invalid_request AADSTS50105";
    assert!(
        lines.iter().any(|line| line.reason().ends_with(reason)),
        "{lines:?}"
    );
    assert!(
        lines.iter().all(|line| !line.text.contains("the words")),
        "{lines:?}"
    );
}

/// Catalogue: 31.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_callback_without_a_code_is_rejected() {
    let site = SignInSite::start().await;
    for code in [None, Some("")] {
        site.emulator.edit_callback(move |parameters| {
            parameters.retain(|(name, _)| name != "code");
            parameters.extend(code.map(|code| ("code".to_owned(), code.to_owned())));
        });
        site.sign_in(Expected::rejected(400)).await;
    }
}

/// Catalogue: 32.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_duplicate_callback_parameter_is_rejected() {
    let site = SignInSite::start().await;
    let changes: [fn(&str) -> String; 7] = [
        |callback| callback.to_owned() + "&code=a",
        |callback| callback.replacen("?code=", "?code=a&code=", 1),
        |callback| callback.to_owned() + "&state=a",
        |callback| {
            format!(
                "{callback}&{}",
                &callback[callback.find("state=").expect("a state")..]
            )
        },
        |callback| callback.replacen("code=", "code[]=", 1),
        |callback| callback.replacen("&state=", ";state=", 1),
        |callback| callback.to_owned() + "&error=a&error=b",
    ];
    for change in changes {
        let browser = site.browser();
        let callback = change(&browser.begin_as("alice").await);
        let response = site
            .open(&browser, &callback, Expected::rejected(400))
            .await;
        assert!(
            response.body.contains("href=\"/auth/login\""),
            "{}",
            response.body
        );
    }
}

/// Catalogue: 33.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_unusual_code_is_passed_on_unchanged_or_rejected() {
    let site = SignInSite::start().await;
    let long = "c".repeat(10_000);
    for code in [&long, "a%00b", "a%0d%0ab", "a b", "a+b&c", "ü%f0%9f%98%80"] {
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        let encoded = code
            .replace('&', "%26")
            .replace("a+b", "a%2Bb")
            .replace(' ', "%20");
        let start = callback.find("code=").expect("a code") + 5;
        let end = start + callback[start..].find('&').expect("another parameter");
        let callback = format!("{}{encoded}{}", &callback[..start], &callback[end..]);
        let rejected = Expected::rejected(400)
            .calls(Endpoint::Token, 1)
            .unrecovered();
        site.open(&browser, &callback, rejected).await;
        let sent = site.emulator.requests_to(Endpoint::Token).remove(0);
        let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8_lossy();
        assert_eq!(sent.form("code"), Some(&*decoded));
    }
    site.assert_recovers().await;
}

/// Catalogue: 33.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_code_that_is_not_utf8_or_too_long_is_rejected() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let no_text = callback.replacen("code=", "code=%ff", 1);
    site.open(&browser, &no_text, Expected::rejected(400)).await;
    let long = callback.replacen("code=", &format!("code={}", "c".repeat(60_000)), 1);
    let response = browser
        .request(Method::GET, &long)
        .send()
        .await
        .expect("a response");
    assert!(
        [414, 431].contains(&response.status().as_u16()),
        "{}",
        response.status()
    );
    site.assert_recovers().await;
}

/// Catalogue: 35.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn unknown_callback_parameters_are_ignored() {
    let site = SignInSite::start().await;
    site.emulator.edit_callback(|parameters| {
        for name in ["session_state", "client_info", "foo"] {
            parameters.retain(|(other, _)| other != name);
            parameters.push((name.to_owned(), "a".to_owned()));
        }
    });
    site.sign_in(Expected::signed_in("alice")).await;
}

/// Catalogue: 36.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn tokens_in_the_callback_query_are_ignored() {
    let site = SignInSite::start().await;
    let stolen = site.browser();
    stolen.sign_in("carol").await;
    let tokens = site.emulator.secrets();
    let token = tokens
        .iter()
        .find(|text| text.starts_with("eyJ"))
        .expect("a token")
        .clone();
    for code in [true, false] {
        let token = token.clone();
        site.emulator.edit_callback(move |parameters| {
            parameters.retain(|(name, _)| name != "code" || code);
            parameters.push(("id_token".to_owned(), token.clone()));
            parameters.push(("access_token".to_owned(), token.clone()));
        });
        let expected = if code {
            Expected::signed_in("alice")
        } else {
            Expected::rejected(400)
        };
        site.sign_in(expected).await;
    }
}

/// Catalogue: 37.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_iss_parameter_must_match_the_issuer() {
    for announced in [true, false] {
        let site = SignInSite::start().await;
        site.emulator.fault(
            Endpoint::Discovery,
            Fault::edit_json(move |document| {
                document["authorization_response_iss_parameter_supported"] = json!(announced);
            }),
        );
        site.browser().begin("/").await;
        let right = format!(
            "{}/{}/v2.0",
            site.emulator.base_url(),
            site.emulator.tenant_id()
        );
        let wrong = [
            String::new(),
            "https://evil.example".to_owned(),
            format!("{right}/"),
            right.to_uppercase(),
        ];
        for iss in wrong {
            edit_issuer(&site, Some(&iss));
            site.sign_in(Expected::rejected(400).unrecovered()).await;
        }
        edit_issuer(&site, Some(&right));
        site.sign_in(Expected::signed_in("alice").unrecovered())
            .await;
        edit_issuer(&site, None);
        let missing = if announced {
            Expected::rejected(400)
        } else {
            Expected::signed_in("alice")
        };
        site.sign_in(missing.unrecovered()).await;
    }
}

/// Catalogue: 39.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_form_post_callback_is_rejected() {
    let site = SignInSite::start().await;
    for header in [
        ("origin", "https://login.microsoftonline.com"),
        ("sec-fetch-site", "cross-site"),
        ("x", "y"),
    ] {
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        let (address, fields) = callback.split_once('?').expect("parameters");
        let request = browser
            .request(Method::POST, address)
            .header(header.0, header.1);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(fields.to_owned());
        site.send(&browser, request, Expected::rejected(405)).await;
        site.open(&browser, &callback, Expected::signed_in("alice"))
            .await;
    }
}

/// Catalogue: 16.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_callback_is_served_only_at_the_path_of_the_redirect_uri() {
    let settings = [("AZURE_REDIRECT_URI", "http://localhost/signin-oidc")];
    let site = SignInSite::start_with(&settings).await;
    site.emulator
        .register_redirect_uri("http://localhost/signin-oidc");
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let path = callback.replace("http://localhost", "");
    let elsewhere = path.replace("/signin-oidc", "/auth/callback");
    let rejected = Expected::rejected(404).unrecovered();
    site.open(&browser, &elsewhere, rejected).await;
    let changed =
        with_state(&callback, |state| Some(format!("{state}a"))).replace("http://localhost", "");
    site.open(&browser, &changed, Expected::rejected(400).unrecovered())
        .await;
    site.open(&browser, &path, Expected::signed_in("alice").unrecovered())
        .await;
}

fn respond_with_error(site: &SignInSite, error: &str, description: &str) {
    let pairs = [("error", error), ("error_description", description)];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    site.emulator.edit_callback(move |parameters| {
        parameters.retain(|(name, _)| name == "state");
        parameters.extend(pairs.clone());
    });
}

fn edit_issuer(site: &SignInSite, issuer: Option<&str>) {
    let issuer = issuer.map(str::to_owned);
    site.emulator.edit_callback(move |parameters| {
        parameters.extend(issuer.clone().map(|issuer| ("iss".to_owned(), issuer)));
    });
}
