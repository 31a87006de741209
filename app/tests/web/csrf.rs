//! Cross-site request forgery: forms that are sent from another site, with and without sign-in.

use reqwest::{Method, RequestBuilder};

use harness::sign_in::signed_in_browser;
use harness::unescape_html;

use crate::access::feature_routes;
use crate::feature::{FEATURE, FORM, ROW};
use harness::sign_in::{Browser, SignInSite};

/// Every path that changes something, for existing rows, and whether the route exists without sign-in.
fn targets() -> Vec<(String, bool)> {
    let forms = feature_routes().filter(|route| route.method == "POST");
    let mut targets: Vec<_> = forms
        .map(|route| {
            let path = FEATURE
                .rows
                .iter()
                .fold(route.path.to_owned(), |path, row| {
                    path.replace(&format!("{{{}}}", row.table), "1")
                });
            (path, route.cells[0] != "404")
        })
        .collect();
    targets.push(("/auth/logout".to_owned(), false));
    targets
}

/// Headers of a browser that sends a form of another site.
const FOREIGN: [&[(&str, &str)]; 12] = [
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("origin", "https://other.site.example")],
    &[("origin", "https://site.example.evil.example")],
    &[("origin", "http://site.example")],
    &[("origin", "https://site.example:8443")],
    &[("referer", "https://evil.example/https://site.example/")],
    &[("referer", "junk")],
    &[("sec-fetch-site", "cross-site")],
    &[
        ("sec-fetch-site", "same-site"),
        ("origin", "https://site.example"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://site.example"),
    ],
    &[
        ("origin", "https://evil.example"),
        ("referer", "https://site.example/"),
    ],
];

/// Headers of a browser that sends a form of this site.
const OWN: [&[(&str, &str)]; 5] = [
    &[
        ("origin", "https://site.example"),
        ("sec-fetch-site", "same-origin"),
    ],
    &[("origin", "https://site.example")],
    &[("referer", "https://site.example/some/page?after=1")],
    &[("sec-fetch-site", "none")],
    &[],
];

fn form(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> RequestBuilder {
    let request = browser
        .request(Method::POST, path)
        .form(&FEATURE.all_fields());
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

/// The paths that exist without sign-in.
fn open_targets() -> Vec<String> {
    let targets = targets().into_iter();
    targets
        .filter_map(|(path, is_open)| is_open.then_some(path))
        .collect()
}

async fn site(settings: &[(&str, &str)]) -> SignInSite {
    let site = SignInSite::start_with(settings).await;
    FEATURE.insert_rows(&site.db, "nobody").await;
    site
}

async fn assert_rejected(site: &SignInSite, browser: &Browser, targets: &[String]) {
    for path in targets {
        for headers in FOREIGN {
            let response = browser.send(form(browser, path, headers)).await;
            assert_eq!(response.status, 403, "{path} {headers:?}");
        }
    }
    for row in FEATURE.rows {
        assert_eq!(site.count(row.table).await, 1, "{}", row.table);
    }
}

/// Catalogue: 170, 171.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_cross_site_form_with_the_session_cookie_is_rejected() {
    let site = site(&[("BASE_URL", "https://site.example")]).await;
    let admin = signed_in_browser(&site, "carol").await;
    let targets: Vec<_> = targets().into_iter().map(|(path, _)| path).collect();
    assert_rejected(&site, &admin, &targets).await;
    assert!(admin.account().await.is_some());
    site.assert_recovers().await;
}

/// Catalogue: 174.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_same_origin_form_is_accepted_behind_a_tls_proxy() {
    let site = site(&[("BASE_URL", "https://site.example")]).await;
    let admin = signed_in_browser(&site, "carol").await;
    for headers in OWN {
        let response = admin.send(form(&admin, FORM, headers)).await;
        assert_eq!(response.status, 303, "{headers:?}");
    }
}

/// Catalogue: 174.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_form_is_accepted_on_a_custom_port_and_an_ip_address() {
    for origin in [
        "https://site.example:8443",
        "https://[2001:db8::1]",
        "https://[2001:db8::1]:8443",
        "https://192.0.2.1",
    ] {
        let site = site(&[("BASE_URL", origin)]).await;
        let admin = signed_in_browser(&site, "carol").await;
        let response = admin.send(form(&admin, FORM, &[("origin", origin)])).await;
        assert_eq!(response.status, 303, "{origin}");
        let foreign = form(&admin, FORM, &[("origin", "https://site.example")]);
        assert_eq!(admin.send(foreign).await.status, 403, "{origin}");
    }
}

/// Catalogue: 176.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn forms_are_protected_without_sign_in() {
    let site = site(&[
        ("BASE_URL", "https://site.example"),
        ("AZURE_CLIENT_ID", ""),
    ])
    .await;
    let visitor = site.browser();
    assert_rejected(&site, &visitor, &open_targets()).await;
    for headers in OWN {
        let response = visitor.send(form(&visitor, FORM, headers)).await;
        assert_eq!(response.status, 303, "{headers:?}");
    }
}

/// Catalogue: 176.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn without_a_base_url_the_origin_must_match_the_host() {
    let site = site(&[("BASE_URL", "http://127.0.0.1"), ("AZURE_CLIENT_ID", "")]).await;
    let mut site = site;
    site.settings.retain(|(name, _)| name != "BASE_URL");
    site.restart_instance(0).await;
    let visitor = site.browser();
    assert_rejected(&site, &visitor, &open_targets()).await;
    for host in ["127.0.0.1:8000", "[::1]:8000", "Site.example"] {
        for scheme in ["http", "https"] {
            let headers = [
                ("host", host),
                ("origin", &format!("{scheme}://{}", host.to_lowercase())),
            ];
            let response = visitor.send(form(&visitor, FORM, &headers)).await;
            assert_eq!(response.status, 303, "{headers:?}");
        }
    }
}

/// Catalogue: 177.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_cors_preflight_is_rejected() {
    let site = site(&[]).await;
    let others = ["/", "/protected", "/unprotected"].map(str::to_owned);
    for path in targets().into_iter().map(|(path, _)| path).chain(others) {
        let browser = site.browser();
        let request = browser
            .request(Method::OPTIONS, &path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        let response = browser.send(request).await;
        assert!(
            response.status.is_client_error(),
            "{path} {}",
            response.status
        );
        let allowing = response
            .headers
            .keys()
            .find(|name| name.as_str().starts_with("access-control"));
        assert_eq!(allowing, None, "{path}");
    }
}

/// Catalogue: 169.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_form_is_not_resubmitted_after_sign_in() {
    let site = site(&[]).await;
    let last = FEATURE.forms.last().expect("a form");
    let origin = format!("http://127.0.0.1:{}", site.instances[0].port);
    let page = format!("{origin}{ROW}?after=1~1");
    for (referer, next) in [
        (page.as_str(), ROW),
        (&format!("{origin}/auth/logout"), "/"),
        (&format!("{origin}//evil.example"), "/"),
        ("", "/"),
    ] {
        let browser = site.browser();
        let headers = [("sec-fetch-site", "same-origin"), ("referer", referer)];
        let headers = if referer.is_empty() {
            &headers[..1]
        } else {
            &headers
        };
        let rejected = browser
            .send(form(&browser, &last.action("1"), headers))
            .await;
        assert_eq!(rejected.status, 401);
        let (before, _) = rejected
            .body
            .split_once("\" target=\"_blank\"")
            .expect("a link");
        let (_, sign_in) = before.rsplit_once("href=\"").expect("its address");
        let begun = browser.get(&unescape_html(sign_in)).await;
        let provider = begun.location().parse().expect("an address");
        let callback = browser.choose(&provider, "alice").await;
        let finished = browser.get(&callback).await;
        assert_eq!((finished.status.as_u16(), finished.location()), (303, next));
        assert_eq!(browser.get(finished.location()).await.status, 200);
    }
    assert_eq!(site.count(last.table).await, 1);
    site.assert_recovers().await;
}
