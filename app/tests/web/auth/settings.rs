//! Sign-in settings that are missing, incomplete or unsafe.

use entra_emulator::Endpoint;
use reqwest::Method;

use harness::sign_in::{Expected, SignInSite, run_to_end};

/// Catalogue: 2.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn unconfigured_sign_in_routes_return_501() {
    for nothing in [
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_ID AZURE_AUTHORITY_HOST AZURE_TENANT_ID",
    ] {
        let settings: Vec<_> = nothing.split(' ').map(|name| (name, "")).collect();
        let site = SignInSite::start_with(&settings).await;
        let browser = site.browser();
        for (method, path) in [
            (Method::GET, "/auth/login"),
            (Method::GET, "/auth/callback?code=a&state=b"),
            (Method::GET, "/auth/logout"),
            (Method::POST, "/auth/logout"),
            (Method::GET, "/auth/profile"),
            (Method::GET, "/protected"),
            (Method::GET, "/roleProtected"),
        ] {
            let request = browser.request(method, path);
            let response = site
                .send(&browser, request, Expected::rejected(501).unrecovered())
                .await;
            assert!(
                response
                    .body
                    .contains("Azure authentication not configured"),
                "{path}"
            );
        }
        assert!(browser.cookies().is_empty());
        assert!(site.emulator.requests().is_empty());
        assert!(!browser.get("/").await.body.contains("/auth/"));
        assert_eq!(browser.get("/unprotected").await.status, 200);
    }
}

/// Catalogue: 3.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn incomplete_sign_in_settings_are_a_startup_error() {
    let site = SignInSite::start().await;
    for (name, value) in [
        ("AZURE_CLIENT_SECRET", ""),
        ("AZURE_TENANT_ID", ""),
        ("SESSION_SECRET_KEY", ""),
        ("AZURE_CLIENT_ID", "   "),
        ("AZURE_CLIENT_ID", " s3cret"),
        ("AZURE_AUTHORITY_HOST", "login"),
        ("AZURE_AUTHORITY_HOST", "http://login.example"),
        ("AZURE_AUTHORITY_HOST", "https://login.example?s3cret"),
        ("AZURE_AUTHORITY_HOST", "https://s3cret@login.example"),
    ] {
        assert_refuses_to_start(&site, name, value);
    }
}

/// Catalogue: 3.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_secret_without_a_client_id_is_ignored_with_a_warning() {
    let site = SignInSite::start_with(&[("AZURE_CLIENT_ID", "")]).await;
    let warned = |line: &harness::sign_in::Line| line.message().starts_with("AZURE_CLIENT_SECRET");
    site.log.wait_for(0, warned).await;
    assert!(!site.browser().get("/").await.body.contains("/auth/"));
    site.assert_invariants().await;
}

/// Catalogue: 4.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_unsafe_redirect_uri_is_a_startup_error() {
    let site = SignInSite::start().await;
    for value in [
        "/auth/callback",
        "ftp://127.0.0.1/a",
        "http://127.0.0.1/a#a",
        "http://s3cret@127.0.0.1/auth/callback",
        "http://login.example/auth/callback",
    ] {
        assert_refuses_to_start(&site, "AZURE_REDIRECT_URI", value);
    }
    assert!(site.emulator.requests_to(Endpoint::Authorize).is_empty());
}

fn assert_refuses_to_start(site: &SignInSite, name: &str, value: &str) {
    let mut settings = site.settings.clone();
    settings.retain(|(other, _)| other != name);
    settings.push((name.to_owned(), value.to_owned()));
    let output = run_to_end(&settings);
    let text = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{name}={value} is accepted");
    assert!(text.contains(name), "{name} is not named: {text}");
    assert!(!text.contains("s3cret"), "{text}");
}
