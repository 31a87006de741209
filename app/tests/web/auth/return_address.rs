//! The return address after sign-in.

use url::Url;
use url::form_urlencoded::byte_serialize;

use harness::sign_in::{Expected, SignInSite};

/// Signs in by `/auth/login` with this query and returns the address of the final redirect.
async fn location_after_sign_in(site: &SignInSite, query: &str) -> String {
    let browser = site.browser();
    let begun = browser.get(&format!("/auth/login?{query}")).await;
    assert_eq!(begun.status, 303, "{query}: {}", begun.body);
    let provider = begun.location().parse().expect("an address");
    let callback = browser.choose(&provider, "alice").await;
    let response = browser.get(&callback).await;
    assert_eq!(response.status, 303, "{query}: {}", response.body);
    response.location().to_owned()
}

fn next(address: &str) -> String {
    let encoded: String = byte_serialize(address.as_bytes()).collect();
    format!("next={encoded}")
}

/// Asserts that a browser resolves the address to this site (WHATWG URL Standard).
fn assert_same_origin(location: &str) {
    let site = Url::parse("https://site.example/auth/callback").expect("an address");
    let address = site.join(location).expect("an address");
    assert_eq!(address.origin(), site.origin(), "{location}");
}

/// Catalogue: 162.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_in_returns_to_the_same_path_and_query() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let rejected = browser.get("/protected?x=1&y=%20%C3%BC").await;
    assert_eq!(rejected.status, 303);
    let begun = browser.get(rejected.location()).await;
    let provider = begun.location().parse().expect("an address");
    let callback = browser.choose(&provider, "alice").await;
    let expected = Expected::signed_in("alice").unrecovered();
    let response = site.open(&browser, &callback, expected).await;
    assert_eq!(response.location(), "/protected?x=1&y=%20%C3%BC");
    assert_eq!(browser.get(response.location()).await.status, 200);
    let typed = location_after_sign_in(&site, &next("/protected?x=1&y=%20ü#f")).await;
    assert_eq!(typed, "/protected?x=1&y=%20%C3%BC");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_in_returns_to_the_profile_page() {
    let site = SignInSite::start().await;
    assert_eq!(
        location_after_sign_in(&site, &next("/auth/profile")).await,
        "/auth/profile"
    );
}

/// Addresses that a browser may take for another site.
const ELSEWHERE: [&str; 32] = [
    "//evil",
    "///evil",
    "////evil",
    "/\\evil",
    "/\\/evil",
    "\\\\evil",
    "\\/evil",
    "/%09/evil",
    "/%0a/evil",
    "/%0d/evil",
    "/\t/evil",
    "/\n/evil",
    "\t//evil",
    "https:evil",
    "https://evil",
    "HTTPS://evil",
    "http:/evil",
    "/%2f%2fevil",
    "/%2Fevil",
    "/%5cevil",
    "/.//evil",
    "/..//evil",
    "/a/..//evil",
    "/a/../..//evil",
    "http://good@evil",
    "javascript:alert(1)",
    "data:text/html,a",
    " /x",
    "%00//evil",
    "/%00//evil",
    "/;@evil",
    "x",
];

/// Catalogue: 163.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_in_never_redirects_to_another_site() {
    let site = SignInSite::start().await;
    for address in ELSEWHERE {
        for query in [
            next(address),
            format!("next={}", address.replace(['\t', '\n', ' '], "")),
        ] {
            let location = location_after_sign_in(&site, &query).await;
            assert_same_origin(&location);
            assert!(
                location == "/" || !location.contains("evil"),
                "{address}: {location}"
            );
        }
    }
    site.assert_recovers().await;
}

/// Catalogue: 165.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn unusual_characters_in_the_return_address_cause_no_header_injection_or_error() {
    let site = SignInSite::start().await;
    for address in [
        "/a\r\nset-cookie: x=y",
        "/a\rb",
        "/a\nb",
        "/a\0b",
        "/a\tb",
        "/a\u{7f}b",
        &format!("/{}", "a".repeat(8192)),
    ] {
        assert_eq!(
            location_after_sign_in(&site, &next(address)).await,
            "/",
            "{address:?}"
        );
    }
    let kept = [
        ("/ü", "/%C3%BC"),
        ("/a b", "/a%20b"),
        ("/\u{202e}a", "/%E2%80%AEa"),
        ("/?q=\"<b>", "/?q=%22%3Cb%3E"),
    ];
    for (address, location) in kept {
        assert_eq!(
            location_after_sign_in(&site, &next(address)).await,
            location
        );
    }
    let invalid = site.browser().get("/auth/login?next=/%ff").await;
    assert_eq!(invalid.status, 400);
    site.assert_recovers().await;
}

/// Catalogue: 166.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sign_in_routes_are_not_accepted_as_the_return_address() {
    let site = SignInSite::start_with(&[]).await;
    for address in [
        "/auth/login",
        "/auth/logout",
        "/auth/callback?code=a&state=b",
        "/auth/",
        "/AUTH/../auth/logout",
        "/a/../auth/logout",
        "/%61uth/logout",
        "/auth%2flogout",
    ] {
        assert_eq!(
            location_after_sign_in(&site, &next(address)).await,
            "/",
            "{address}"
        );
    }
    site.assert_recovers().await;
}

/// Catalogue: 166.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_custom_callback_path_is_not_accepted_as_the_return_address() {
    let site = SignInSite::start().await;
    let port = site.instances[0].port;
    drop(site);
    let uri = format!("http://127.0.0.1:{port}/signin-oidc");
    let site = SignInSite::start_with(&[("AZURE_REDIRECT_URI", &uri)]).await;
    let begun = site
        .browser()
        .get("/auth/login?next=/signin-oidc?code=a%26state=b")
        .await;
    assert_eq!(begun.status, 303);
    let paths = harness::sign_in::values::<String>(
        &site.db,
        "SELECT return_to AS value FROM sign_in_attempt",
    )
    .await;
    assert_eq!(paths, ["/"]);
}

/// Catalogue: 168.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_duplicate_next_parameter_is_rejected_and_an_unknown_one_ignored() {
    let site = SignInSite::start().await;
    let twice = site.browser().get("/auth/login?next=/a&next=/b").await;
    assert_eq!(twice.status, 400);
    assert_eq!(site.count("sign_in_attempt").await, 0);
    for query in [
        "next[]=/a",
        "next%5B0%5D=/a",
        "next=%7B%22a%22%3A1%7D",
        "next=",
        "next",
        "",
    ] {
        assert_eq!(location_after_sign_in(&site, query).await, "/", "{query}");
    }
    site.assert_recovers().await;
}
