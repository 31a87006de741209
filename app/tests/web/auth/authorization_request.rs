//! The authorization request.

use std::collections::{BTreeSet, HashMap};

use entra_emulator::Endpoint;
use reqwest::{Method, StatusCode};

use harness::sign_in::{Expected, SignInSite};

/// 128 bits as base64url.
const MIN_LENGTH: usize = 22;

/// Catalogue: 1.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_authorization_request_is_minimal_and_unique() {
    let site = SignInSite::start().await;
    let mut unique = BTreeSet::new();
    for _ in 0..100 {
        let url = site.browser().begin("/").await;
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let redirect_uri = format!("http://127.0.0.1:{}/auth/callback", site.instances[0].port);
        let path = format!("/{}/oauth2/v2.0/authorize", site.emulator.tenant_id());
        assert_eq!(url.origin().ascii_serialization(), site.emulator.base_url());
        assert_eq!(url.path(), path);
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], site.emulator.client_id());
        assert_eq!(query["redirect_uri"], redirect_uri);
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"].len(), 43);
        let scopes: BTreeSet<_> = query["scope"].split(' ').collect();
        assert_eq!(scopes, BTreeSet::from(["openid", "profile", "User.Read"]));
        assert!(!url.as_str().contains(site.emulator.client_secret()));
        for name in ["state", "nonce", "code_challenge"] {
            assert!(query[name].len() >= MIN_LENGTH, "{name} of {url}");
            assert!(unique.insert(query[name].clone()), "{name} repeats");
        }
    }
    site.assert_invariants().await;
}

/// Catalogue: 5.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_rejected_redirect_uri_shows_a_helpful_page() {
    let site = SignInSite::start_with(&[("AZURE_REDIRECT_URI", "http://localhost/signin")]).await;
    let browser = site.browser();
    let rejected = reqwest::get(browser.begin("/").await)
        .await
        .expect("a response");
    assert!(
        rejected
            .text()
            .await
            .expect("a page")
            .contains("AADSTS50011")
    );
    let unreturned = Expected::rejected(400).unrecovered();
    let response = site.open(&browser, "/signin", unreturned).await;
    for text in [
        "Invalid redirect URI",
        "AADSTS50011",
        "AZURE_REDIRECT_URI",
        "href=\"/auth/login\"",
    ] {
        assert!(response.body.contains(text), "{text}: {}", response.body);
    }
    site.emulator
        .register_redirect_uri("http://localhost/signin");
    let callback = browser.begin_as("alice").await;
    let path = callback.replace("http://localhost", "");
    site.open(&browser, &path, Expected::signed_in("alice").unrecovered())
        .await;
}

/// Catalogue: 13.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_in_cannot_be_started_by_post() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    for (origin, status) in [("https://evil.example", 405), ("null", 405)] {
        let request = browser
            .request(Method::POST, "/auth/login")
            .header("origin", origin);
        site.send(&browser, request, Expected::rejected(status))
            .await;
    }
    assert_eq!(site.count("sign_in_attempt").await, 0);
}

/// Catalogue: 14.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_signed_in_user_is_redirected_without_a_new_sign_in() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    browser.sign_in("alice").await;
    let mut straight_on = Expected::rejected(303);
    straight_on = straight_on.calls(Endpoint::Discovery, 0);
    let response = site
        .open(&browser, "/auth/login?next=/protected?a=b", straight_on)
        .await;
    assert_eq!(response.location(), "/protected?a=b");
    assert_eq!(site.count("session").await, 1);
    assert_eq!(site.count("sign_in_attempt").await, 0);
}

/// Catalogue: 15.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_json_client_gets_401_instead_of_a_redirect() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    for (name, value) in [("sec-fetch-mode", "cors"), ("accept", "application/json")] {
        for path in ["/protected", "/roleProtected", "/auth/profile"] {
            let request = browser.request(Method::GET, path).header(name, value);
            let response = site.send(&browser, request, Expected::rejected(401)).await;
            assert_eq!(response.header("content-type"), "application/problem+json");
        }
    }
    for (accepted, status) in [
        ("application/json, text/plain, */*", 401),
        ("Application/JSON", 401),
        ("text/html;q=0, application/json", 401),
        ("application/json;q=0.9, text/html; q=0.1", 401),
        ("text/html, application/json;q=0.9", 303),
        ("application/json;q=0, */*", 303),
        ("*/*", 303),
    ] {
        let request = browser.request(Method::GET, "/protected");
        let response = browser.send(request.header("accept", accepted)).await;
        assert_eq!(response.status, status, "{accepted}");
    }
    let person = browser.get("/protected?a=b").await;
    assert_eq!(person.status, StatusCode::SEE_OTHER);
    assert_eq!(person.location(), "/auth/login?next=%2Fprotected%3Fa%3Db");
    assert_eq!(site.count("sign_in_attempt").await, 0);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_sign_in_on_a_loopback_alias_continues_on_the_host_of_the_redirect_uri() {
    let uri = "http://localhost:8000/auth/callback";
    let site = SignInSite::start_with(&[("AZURE_REDIRECT_URI", uri)]).await;
    let port = 8000;
    let browser = site.browser();
    let host = format!("127.0.0.1:{port}");
    let login = |path: &'static str, host: String| {
        let request = browser.request(Method::GET, path).header("host", host);
        browser.send(request)
    };
    let moved = login("/auth/login?next=%2Fprotected", host.clone()).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let there = format!("http://localhost:{port}/auth/login?next=%2Fprotected&moved=1");
    assert_eq!(moved.location(), there);
    assert!(!moved.headers.contains_key("set-cookie"));
    for (path, host) in [
        ("/auth/login?next=%2Fprotected", format!("localhost:{port}")),
        ("/auth/login?moved=1", host),
        ("/auth/login", "site.example".to_owned()),
    ] {
        let begun = login(path, host).await;
        let provider = site.emulator.base_url();
        assert!(begun.location().starts_with(provider), "{path}: {begun:?}");
    }
}
