//! Security headers, `Host` and forwarded headers with sign-in configured.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::header::SET_COOKIE;
use reqwest::{Method, RequestBuilder};

use harness::Response;
use harness::sign_in::signed_in_browser;
use harness::sign_in::{Browser, SignInSite};

const BEHIND_HTTPS: [(&str, &str); 1] = [("BASE_URL", "https://site.example")];

/// An address for each kind of response, with its status for an anonymous visitor.
const ADDRESSES: [(&str, u16); 16] = [
    ("/", 200),
    ("/?q=cake", 200),
    ("/unprotected", 200),
    ("/livez", 200),
    ("/readyz", 200),
    ("/favicon.ico", 200),
    ("/auth/login", 303),
    ("/auth/logout", 200),
    ("/auth/profile", 303),
    ("/protected", 303),
    ("/roleProtected", 303),
    ("/auth/callback", 400),
    ("/auth/login?next=a&next=b", 400),
    ("/no/such/page", 404),
    ("/static/no-such-file", 404),
    ("/auth/callback?state=a&code=b", 400),
];

async fn responses(site: &SignInSite) -> Vec<Response> {
    let browser = site.browser();
    let mut responses = Vec::new();
    for (path, status) in ADDRESSES {
        let response = site.browser().get(path).await;
        assert_eq!(response.status.as_u16(), status, "{path}");
        responses.push(response);
    }
    let file = style_sheet(&browser).await;
    responses.push(browser.get(&file).await);
    for (method, path, status) in [
        (Method::HEAD, "/", 200),
        (Method::DELETE, "/", 405),
        (Method::OPTIONS, "/", 405),
        (Method::POST, "/auth/login", 405),
        (Method::POST, "/auth/callback", 405),
    ] {
        let response = browser.send(browser.request(method.clone(), path)).await;
        assert_eq!(response.status.as_u16(), status, "{method} {path}");
        responses.push(response);
    }
    let foreign = browser
        .request(Method::POST, "/auth/logout")
        .header("origin", "https://evil.example");
    responses.push(browser.send(foreign).await);
    responses.push(
        browser
            .send(as_program(browser.request(Method::GET, "/protected")))
            .await,
    );
    responses
}

fn as_program(request: RequestBuilder) -> RequestBuilder {
    request.header("accept", "application/json")
}

/// The path of the style sheet that a page links to.
async fn style_sheet(browser: &Browser) -> String {
    let page = browser.get("/").await.body;
    let from = page.find("/static/app").expect("a style sheet");
    page[from..].split('"').next().expect("its path").to_owned()
}

/// Catalogue: 150.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn every_response_has_the_security_headers() {
    let site = SignInSite::start().await;
    for response in responses(&site).await {
        let policy: BTreeSet<&str> = response
            .header("content-security-policy")
            .split("; ")
            .collect();
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{response:?}");
        }
        assert_eq!(
            response.header("x-content-type-options"),
            "nosniff",
            "{response:?}"
        );
        let referrer = response.header("referrer-policy");
        assert!(
            ["strict-origin-when-cross-origin", "no-referrer"].contains(&referrer),
            "{response:?}"
        );
        for telling in ["server", "x-powered-by"] {
            assert_eq!(response.header(telling), "", "{response:?}");
        }
    }
    site.assert_recovers().await;
}

/// Catalogue: 150.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_503_response_has_the_security_headers() {
    let site = SignInSite::start().await;
    site.execute("ALTER TABLE sign_in_attempt RENAME TO away")
        .await;
    let response = site.browser().get("/auth/login").await;
    assert_eq!(response.status, 503);
    site.assert_invariants().await;
}

/// Catalogue: 152.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_csp_form_action_lists_no_other_site() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    let page = browser.get("/").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self';"), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
}

/// Catalogue: 153.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn hsts_is_sent_only_where_the_site_is_served_over_https() {
    let site = SignInSite::start_with(&BEHIND_HTTPS).await;
    for response in responses(&site).await {
        let year = "max-age=31536000; includeSubDomains";
        assert_eq!(
            response.header("strict-transport-security"),
            year,
            "{response:?}"
        );
    }
    let site = SignInSite::start().await;
    for response in responses(&site).await {
        assert_eq!(
            response.header("strict-transport-security"),
            "",
            "{response:?}"
        );
    }
}

/// The parts of a response that may depend on the scheme and host in the request.
fn relevant_parts(response: &Response) -> (u16, String, Vec<String>, String) {
    let cookies = response.headers.get_all(SET_COOKIE).iter();
    // Without the values, which differ in every response.
    let attributes = cookies.map(|cookie| {
        let cookie = cookie.to_str().expect("text");
        let (pair, attributes) = cookie.split_once(';').expect("attributes");
        let name = pair.split('=').next().unwrap_or_default();
        // The rest of the name of a sign-in cookie is random.
        let name = name
            .split_once("sign-in")
            .map_or(name, |(prefix, _)| prefix);
        format!("{name};{attributes}")
    });
    let location = response.location();
    let location = location
        .split("&state=")
        .next()
        .unwrap_or_default()
        .to_owned();
    let transport = response.header("strict-transport-security").to_owned();
    (
        response.status.as_u16(),
        location,
        attributes.collect(),
        transport,
    )
}

/// Catalogue: 154.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_scheme_comes_from_base_url_and_not_from_forwarded_headers() {
    const SCHEMES: [&str; 7] = [
        "https",
        "http",
        "https,http",
        "HTTPS",
        "junk",
        "",
        "javascript",
    ];
    for trusted in ["none", "*"] {
        for settings in [&BEHIND_HTTPS[..], &[]] {
            let mut settings = settings.to_vec();
            settings.push(("TRUSTED_PROXIES", trusted));
            let site = SignInSite::start_with(&settings).await;
            for path in ["/", "/auth/login", "/auth/profile"] {
                let usual = relevant_parts(&site.browser().get(path).await);
                for scheme in SCHEMES {
                    let browser = site.browser();
                    let request = browser.request(Method::GET, path);
                    let request = request
                        .header("x-forwarded-proto", scheme)
                        .header("x-forwarded-proto", "https");
                    assert_eq!(
                        relevant_parts(&browser.send(request).await),
                        usual,
                        "{path} {scheme}"
                    );
                }
            }
        }
    }
}

/// Catalogue: 155.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_foreign_host_header_is_not_reflected() {
    const FOREIGN: [(&str, &str); 6] = [
        ("host", "evil.example"),
        ("host", "evil.example:443"),
        ("x-forwarded-host", "evil.example"),
        ("x-original-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-forwarded-prefix", "//evil.example"),
    ];
    for settings in [&BEHIND_HTTPS[..], &[]] {
        let site = SignInSite::start_with(settings).await;
        for (name, value) in FOREIGN {
            let asked = ADDRESSES.map(|(path, status)| {
                let browser = site.browser();
                let request = browser.request(Method::GET, path).header(name, value);
                async move { (path, status, browser.send(request).await) }
            });
            for (path, status, response) in join_all(asked).await {
                assert_eq!(response.status.as_u16(), status, "{path}");
                assert!(
                    !format!("{response:?}").contains("evil"),
                    "{path} {response:?}"
                );
            }
            let browser = signed_in_browser(&site, "alice").await;
            let request = browser
                .request(Method::POST, "/auth/logout")
                .header(name, value);
            let response = browser.send(request).await;
            assert_eq!(response.status, 200);
            assert!(!format!("{response:?}").contains("evil"), "{response:?}");
        }
    }
}

/// Catalogue: 159.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_authorization_header_signs_nobody_in() {
    let site = SignInSite::start().await;
    signed_in_browser(&site, "carol").await;
    for secret in site.emulator.secrets() {
        for scheme in ["Bearer", "Basic", "bearer", "DPoP"] {
            for path in ["/protected", "/roleProtected", "/auth/profile"] {
                let browser = site.browser();
                let request = as_program(browser.request(Method::GET, path));
                let request = request.header("authorization", format!("{scheme} {secret}"));
                assert_eq!(browser.send(request).await.status, 401, "{path} {scheme}");
            }
        }
    }
    site.assert_invariants().await;
}

/// Catalogue: 160.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn only_static_files_may_be_cached_for_long() {
    let site = SignInSite::start().await;
    let anonymous = site.browser();
    let user = signed_in_browser(&site, "alice").await;
    let file = style_sheet(&anonymous).await;
    for (browser, path, cache) in [
        (
            &anonymous,
            file.as_str(),
            "public, max-age=31536000, immutable",
        ),
        (&user, file.as_str(), "public, max-age=31536000, immutable"),
        (&anonymous, "/", "no-cache"),
        (&user, "/", "no-store"),
        (&user, "/auth/profile", "no-store"),
        (&user, "/protected", "no-store"),
        (&user, "/no/such/page", "no-store"),
        (&anonymous, "/auth/login", "no-store"),
        (&anonymous, "/auth/logout", "no-store"),
        (&anonymous, "/auth/callback", "no-store"),
        (&anonymous, "/protected", "no-store"),
        (&anonymous, "/no/such/page", "no-store"),
    ] {
        assert_eq!(
            browser.get(path).await.header("cache-control"),
            cache,
            "{path}"
        );
    }
    for response in responses(&site).await {
        let sets_cookie = response.headers.contains_key(SET_COOKIE);
        assert!(
            !sets_cookie || response.header("cache-control") == "no-store",
            "{response:?}"
        );
    }
}

/// Catalogue: 161.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn pages_cannot_be_framed_and_have_no_opener_access() {
    let site = SignInSite::start().await;
    for response in responses(&site).await {
        assert_eq!(response.header("x-frame-options"), "DENY", "{response:?}");
        assert_eq!(
            response.header("cross-origin-opener-policy"),
            "same-origin",
            "{response:?}"
        );
        assert!(
            response
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{response:?}"
        );
    }
}
