//! Signing out (rows 143 to 149).

use entra_emulator::{Endpoint, Fault};
use reqwest::Method;

use harness::Answer;
use harness::sign_in::{Browser, SignInSite};
use harness::sign_in::{browser_of, copy_of};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_143_the_session_ends_here_and_then_at_the_provider() {
    let settings = [("BASE_URL", "https://site.example")];
    let site = SignInSite::start_with(&settings).await;
    let browser = browser_of(&site, "alice").await;
    let answer = browser.post("/auth/logout", &[]).await;
    assert_eq!(answer.status, 303);
    let (base_url, tenant) = (site.emulator.base_url(), site.emulator.tenant_id());
    let client_id = site.emulator.client_id();
    let address = format!(
        "{base_url}/{tenant}/oauth2/v2.0/logout?client_id={client_id}&post_logout_redirect_uri=https%3A%2F%2Fsite.example%2F"
    );
    assert_eq!(answer.location(), address);
    assert_eq!(site.count("session").await, 0);
    assert_eq!(browser.account().await, None);
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_143_the_session_ends_although_the_provider_keeps_the_visitor_waiting() {
    let mut site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    let browser = browser_of(&site, "alice").await;
    let copy = copy_of(&site, &browser);
    site.restart_instance(0).await;
    site.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let signing_out = tokio::spawn(async move { browser.post("/auth/logout", &[]).await });
    while site.emulator.requests_to(Endpoint::Discovery).len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(copy.account().await, None);
    let answer = signing_out.await.expect("an answer");
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"));
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_144_without_an_address_at_the_provider_the_visitor_comes_home() {
    let no_address = Fault::edit_json(|metadata| {
        let metadata = metadata.as_object_mut().expect("an object");
        metadata.remove("end_session_endpoint");
    });
    for fault in [no_address, Fault::Reset] {
        let mut site = SignInSite::start().await;
        let browser = browser_of(&site, "alice").await;
        site.emulator.fault(Endpoint::Discovery, fault);
        site.restart_instance(0).await;
        let answer = browser.post("/auth/logout", &[]).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"));
        assert_eq!(site.count("session").await, 0);
        site.assert_holds().await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_145_another_site_signs_nobody_out() {
    let site = SignInSite::start().await;
    let browser = browser_of(&site, "alice").await;
    for fetch_site in ["cross-site", "same-site", "junk"] {
        let asked = sign_out(&browser, Method::GET, Some(fetch_site)).await;
        assert_eq!(asked.status, 200, "{fetch_site}");
        let form = "<form class=\"row row-links\" method=\"post\" action=\"/auth/logout\">";
        assert!(asked.body.contains(form), "{}", asked.body);
        let refused = sign_out(&browser, Method::POST, Some(fetch_site)).await;
        assert_eq!(refused.status, 403, "{fetch_site}");
    }
    let asked = sign_out(&browser, Method::GET, None).await;
    assert_eq!(asked.status, 200);
    assert!(browser.account().await.is_some());
    site.assert_holds().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_145_the_visitor_signs_out_by_a_link_of_the_site_or_by_the_address_itself() {
    let site = SignInSite::start().await;
    for fetch_site in ["same-origin", "none"] {
        let browser = browser_of(&site, "alice").await;
        let answer = sign_out(&browser, Method::GET, Some(fetch_site)).await;
        assert_eq!(answer.status, 303);
        assert_eq!(browser.account().await, None);
    }
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_145_a_page_that_the_browser_fetches_in_advance_signs_nobody_out() {
    let site = SignInSite::start().await;
    let browser = browser_of(&site, "alice").await;
    let request = browser
        .request(Method::GET, "/auth/logout")
        .header("sec-fetch-site", "none")
        .header("sec-purpose", "prefetch;prerender");
    assert_eq!(browser.send(request).await.status, 200);
    assert!(browser.account().await.is_some());
}

async fn sign_out(browser: &Browser, method: Method, fetch_site: Option<&str>) -> Answer {
    let mut request = browser.request(method, "/auth/logout");
    if let Some(fetch_site) = fetch_site {
        request = request.header("sec-fetch-site", fetch_site);
    }
    browser.send(request).await
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_146_signing_out_twice_or_without_having_signed_in_leads_home() {
    let site = SignInSite::start().await;
    let browser = browser_of(&site, "alice").await;
    browser.post("/auth/logout", &[]).await;
    for visitor in [browser, site.browser()] {
        let answer = visitor.post("/auth/logout", &[]).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"));
    }
    let landed = site.browser().get("/?state=unknown").await;
    assert_eq!(landed.status, 200);
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_149_a_page_with_a_name_on_it_is_kept_nowhere() {
    let site = SignInSite::start().await;
    let browser = browser_of(&site, "alice").await;
    for path in [
        "/",
        "/?q=cake",
        "/auth/profile",
        "/protected",
        "/no/such/page",
    ] {
        let answer = browser.get(path).await;
        assert!(answer.body.contains("Alice Example"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    site.assert_holds().await;
}
