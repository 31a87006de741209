//! Forms that another site sends (rows 169 to 177), with sign-in and without it.

use reqwest::{Method, RequestBuilder};

use harness::sign_in::browser_of;
use harness::sign_in::{Browser, SignInSite};

/// Every address that changes something, on rows that exist.
const TARGETS: [&str; 8] = [
    "/restaurants",
    "/add",
    "/restaurants/1/reviews",
    "/review/1",
    "/restaurants/1/edit",
    "/restaurants/1/delete",
    "/reviews/1/delete",
    "/auth/logout",
];

const FIELDS: [(&str, &str); 6] = [
    ("restaurant_name", "Café Zoë"),
    ("street_address", "1 High Street"),
    ("description", "Cakes"),
    ("user_name", "Noor"),
    ("rating", "4"),
    ("review_text", "Good cake."),
];

/// What a browser says of a form that is not the site's own.
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

/// What it says of one that is.
const OWN: [&[(&str, &str)]; 5] = [
    &[
        ("origin", "https://site.example"),
        ("sec-fetch-site", "same-origin"),
    ],
    &[("origin", "https://site.example")],
    &[("referer", "https://site.example/restaurants/1?after=1")],
    &[("sec-fetch-site", "none")],
    &[],
];

fn form(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> RequestBuilder {
    let request = browser.request(Method::POST, path).form(&FIELDS);
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

async fn site(settings: &[(&str, &str)]) -> SignInSite {
    let site = SignInSite::start_with(settings).await;
    site.execute(
        "INSERT INTO restaurant (name, street_address, description) VALUES ('Old', 'Old', 'Old')",
    )
    .await;
    site.execute("INSERT INTO review (restaurant, user_name, rating, review_text, review_date) VALUES (1, 'Old', 3, 'Old', now())").await;
    site
}

async fn assert_refused(site: &SignInSite, browser: &Browser, targets: &[&str]) {
    for path in targets {
        for headers in FOREIGN {
            let answer = browser.send(form(browser, path, headers)).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    assert_eq!(
        (site.count("restaurant").await, site.count("review").await),
        (1, 1)
    );
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_170_and_171_a_form_of_another_site_changes_nothing_though_it_comes_with_the_session() {
    let site = site(&[("BASE_URL", "https://site.example")]).await;
    let admin = browser_of(&site, "carol").await;
    assert_refused(&site, &admin, &TARGETS).await;
    assert!(admin.account().await.is_some());
    site.recovers().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_174_a_form_of_the_site_is_accepted_behind_a_front_end_that_speaks_https() {
    let site = site(&[("BASE_URL", "https://site.example")]).await;
    let admin = browser_of(&site, "carol").await;
    for headers in OWN {
        let answer = admin.send(form(&admin, "/restaurants", headers)).await;
        assert_eq!(answer.status, 303, "{headers:?}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_174_a_form_is_accepted_on_another_port_and_at_an_address() {
    for origin in [
        "https://site.example:8443",
        "https://[2001:db8::1]",
        "https://[2001:db8::1]:8443",
        "https://192.0.2.1",
    ] {
        let site = site(&[("BASE_URL", origin)]).await;
        let admin = browser_of(&site, "carol").await;
        let answer = admin
            .send(form(&admin, "/restaurants", &[("origin", origin)]))
            .await;
        assert_eq!(answer.status, 303, "{origin}");
        let foreign = form(
            &admin,
            "/restaurants",
            &[("origin", "https://site.example")],
        );
        assert_eq!(admin.send(foreign).await.status, 403, "{origin}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_176_forms_are_protected_where_nobody_can_sign_in() {
    let site = site(&[
        ("BASE_URL", "https://site.example"),
        ("AZURE_CLIENT_ID", ""),
    ])
    .await;
    let visitor = site.browser();
    assert_refused(&site, &visitor, &TARGETS[..4]).await;
    for headers in OWN {
        let answer = visitor.send(form(&visitor, "/restaurants", headers)).await;
        assert_eq!(answer.status, 303, "{headers:?}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_176_without_a_base_url_the_form_must_come_from_the_host_it_goes_to() {
    let site = site(&[("BASE_URL", "http://127.0.0.1"), ("AZURE_CLIENT_ID", "")]).await;
    let mut site = site;
    site.settings.retain(|(name, _)| name != "BASE_URL");
    site.restart_instance(0).await;
    let visitor = site.browser();
    assert_refused(&site, &visitor, &TARGETS[..4]).await;
    for host in ["127.0.0.1:8000", "[::1]:8000", "Site.example"] {
        for scheme in ["http", "https"] {
            let headers = [
                ("host", host),
                ("origin", &format!("{scheme}://{}", host.to_lowercase())),
            ];
            let answer = visitor.send(form(&visitor, "/restaurants", &headers)).await;
            assert_eq!(answer.status, 303, "{headers:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_177_another_site_is_allowed_nothing_by_a_preflight() {
    let site = site(&[]).await;
    for path in TARGETS
        .into_iter()
        .chain(["/", "/protected", "/unprotected"])
    {
        let browser = site.browser();
        let request = browser
            .request(Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        let answer = browser.send(request).await;
        assert!(answer.status.is_client_error(), "{path} {}", answer.status);
        let allowing = answer
            .headers
            .keys()
            .find(|name| name.as_str().starts_with("access-control"));
        assert_eq!(allowing, None, "{path}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn row_169_a_form_that_needed_an_account_is_not_sent_again_after_the_sign_in() {
    let site = site(&[]).await;
    let origin = format!("http://127.0.0.1:{}", site.instances[0].port);
    let page = format!("{origin}/restaurants/1?after=1~1");
    for (referer, next) in [
        (page.as_str(), "/restaurants/1"),
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
        let refused = browser.send(form(&browser, "/review/1", headers)).await;
        assert_eq!(refused.status, 303);
        let begun = browser.get(refused.location()).await;
        let provider = begun.location().parse().expect("an address");
        let callback = browser.choose(&provider, "alice").await;
        let finished = browser.get(&callback).await;
        assert_eq!((finished.status.as_u16(), finished.location()), (303, next));
        assert_eq!(browser.get(finished.location()).await.status, 200);
    }
    assert_eq!(site.count("review").await, 1);
    site.recovers().await;
}
