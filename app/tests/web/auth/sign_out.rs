//! Sign-out.

use entra_emulator::{Endpoint, Fault};
use reqwest::Method;

use harness::Response;
use harness::sign_in::{Browser, SignInSite};
use harness::sign_in::{copy_browser, signed_in_browser};

/// Catalogue: 143.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_out_ends_the_session_and_redirects_to_the_provider() {
    let settings = [("BASE_URL", "https://site.example")];
    let site = SignInSite::start_with(&settings).await;
    let browser = signed_in_browser(&site, "alice").await;
    let response = browser.post("/auth/logout", &[]).await;
    assert_eq!(response.status, 200);
    let (base_url, tenant) = (site.emulator.base_url(), site.emulator.tenant_id());
    let client_id = site.emulator.client_id();
    let address = format!(
        "{base_url}/{tenant}/oauth2/v2.0/logout?client_id={client_id}&post_logout_redirect_uri=https%3A%2F%2Fsite.example%2F"
    );
    assert_eq!(response.refresh_address(), address);
    assert!(
        !response.body.contains("Alice Example"),
        "{}",
        response.body
    );
    assert_eq!(site.count("session").await, 0);
    assert_eq!(browser.account().await, None);
    site.assert_recovers().await;
}

/// Catalogue: 143.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_out_works_while_the_provider_is_slow() {
    let mut site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    let browser = signed_in_browser(&site, "alice").await;
    let copy = copy_browser(&site, &browser);
    site.restart_instance(0).await;
    site.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let signing_out = tokio::spawn(async move { browser.post("/auth/logout", &[]).await });
    while site.emulator.requests_to(Endpoint::Discovery).len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(copy.account().await, None);
    let response = signing_out.await.expect("a response");
    assert_eq!((response.status.as_u16(), response.location()), (303, "/"));
    site.assert_recovers().await;
}

/// Catalogue: 144.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_out_without_an_end_session_endpoint_redirects_to_the_home_page() {
    let no_address = Fault::edit_json(|metadata| {
        let metadata = metadata.as_object_mut().expect("an object");
        metadata.remove("end_session_endpoint");
    });
    for fault in [no_address, Fault::Reset] {
        let mut site = SignInSite::start().await;
        let browser = signed_in_browser(&site, "alice").await;
        site.emulator.fault(Endpoint::Discovery, fault);
        site.restart_instance(0).await;
        let response = browser.post("/auth/logout", &[]).await;
        assert_eq!((response.status.as_u16(), response.location()), (303, "/"));
        assert_eq!(site.count("session").await, 0);
        site.assert_invariants().await;
    }
}

/// Catalogue: 145.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_cross_site_request_does_not_sign_out() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    for fetch_site in ["cross-site", "same-site", "junk"] {
        let asked = sign_out(&browser, Method::GET, Some(fetch_site)).await;
        assert_eq!(asked.status, 200, "{fetch_site}");
        let form = "<form class=\"row row-links\" method=\"post\" action=\"/auth/logout\">";
        assert!(asked.body.contains(form), "{}", asked.body);
        let rejected = sign_out(&browser, Method::POST, Some(fetch_site)).await;
        assert_eq!(rejected.status, 403, "{fetch_site}");
    }
    let asked = sign_out(&browser, Method::GET, None).await;
    assert_eq!(asked.status, 200);
    assert!(browser.account().await.is_some());
    site.assert_invariants().await;
}

/// Catalogue: 145.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_same_origin_link_or_a_typed_address_signs_out() {
    let site = SignInSite::start().await;
    for fetch_site in ["same-origin", "none"] {
        let browser = signed_in_browser(&site, "alice").await;
        let response = sign_out(&browser, Method::GET, Some(fetch_site)).await;
        assert_eq!(response.status, 303);
        assert_eq!(browser.account().await, None);
    }
    site.assert_recovers().await;
}

/// Catalogue: 145.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_prefetch_does_not_sign_out() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    let request = browser
        .request(Method::GET, "/auth/logout")
        .header("sec-fetch-site", "none")
        .header("sec-purpose", "prefetch;prerender");
    assert_eq!(browser.send(request).await.status, 200);
    assert!(browser.account().await.is_some());
}

async fn sign_out(browser: &Browser, method: Method, fetch_site: Option<&str>) -> Response {
    let mut request = browser.request(method, "/auth/logout");
    if let Some(fetch_site) = fetch_site {
        request = request.header("sec-fetch-site", fetch_site);
    }
    browser.send(request).await
}

/// Catalogue: 146.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn repeated_or_anonymous_sign_out_redirects_to_the_home_page() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    browser.post("/auth/logout", &[]).await;
    for visitor in [browser, site.browser()] {
        let response = visitor.post("/auth/logout", &[]).await;
        assert_eq!((response.status.as_u16(), response.location()), (303, "/"));
    }
    let landed = site.browser().get("/?state=unknown").await;
    assert_eq!(landed.status, 200);
    site.assert_recovers().await;
}

/// Catalogue: 149.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn personal_pages_are_not_cached() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    for path in [
        "/",
        "/?q=cake",
        "/auth/profile",
        "/protected",
        "/no/such/page",
    ] {
        let response = browser.get(path).await;
        assert!(response.body.contains("Alice Example"), "{path}");
        assert_eq!(response.header("cache-control"), "no-store", "{path}");
    }
    site.assert_invariants().await;
}
