//! Session cookies and session ids.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use percent_encoding::percent_decode_str;
use reqwest::Method;
use reqwest::header::{HeaderValue, SET_COOKIE};

use harness::Response;
use harness::sign_in::{Expected, SignInSite};
use harness::sign_in::{copy_browser, session_cookie_of, signed_in_browser, values};

fn set_cookies(response: &Response) -> Vec<&str> {
    let cookies = response.headers.get_all(SET_COOKIE).iter();
    cookies
        .map(|cookie| cookie.to_str().expect("text"))
        .collect()
}

/// The cookie of this name that the response sets: value and attributes.
fn set_cookie<'a>(response: &'a Response, name: &str) -> (&'a str, BTreeSet<&'a str>) {
    let cookies = set_cookies(response);
    // The rest of the name of a sign-in cookie is random.
    let of_name = |cookie: &&&str| cookie.starts_with(name);
    let cookie = cookies.iter().find(of_name).expect(name);
    let (pair, attributes) = cookie.split_once(';').expect("attributes");
    let value = pair.split_once('=').expect("a value").1;
    (value, attributes.split(';').map(str::trim).collect())
}

/// Catalogue: 121.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn each_sign_in_starts_a_new_session_and_ends_the_old_one() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let (first_tab, second_tab) = (browser.begin("/").await, browser.begin("/").await);
    let first = browser.choose(&first_tab, "alice").await;
    site.open(&browser, &first, Expected::signed_in("alice").unrecovered())
        .await;
    let before = copy_browser(&site, &browser);
    let second = browser.choose(&second_tab, "carol").await;
    site.open(&browser, &second, Expected::signed_in("carol"))
        .await;
    assert_ne!(session_cookie_of(&before), session_cookie_of(&browser));
    assert_eq!(before.account().await, None);
    assert_eq!(site.count("session").await, 1);
}

/// Catalogue: 122.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_planted_session_id_is_not_adopted() {
    let site = SignInSite::start().await;
    let key = "the key of another site, which is long enough too";
    let another_site = SignInSite::start_with(&[("SESSION_SECRET_KEY", key)]).await;
    let foreign = session_cookie_of(&signed_in_browser(&another_site, "alice").await);
    let attackers = session_cookie_of(&signed_in_browser(&site, "bob").await);
    for planted in ["AAAAAAAAAAAAAAAAAAAAAA", &foreign, &attackers] {
        let victim = site.browser();
        let callback = victim.begin_as("alice").await;
        victim.set_cookie("session", planted);
        site.open(&victim, &callback, Expected::signed_in("alice"))
            .await;
        assert_ne!(session_cookie_of(&victim), planted);
        let attacker = site.browser();
        attacker.set_cookie("session", planted);
        assert_eq!(attacker.account().await, None, "{planted}");
    }
}

/// Catalogue: 124.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn https_cookies_have_the_host_prefix_and_strict_attributes() {
    let site = SignInSite::start_with(&[("BASE_URL", "https://site.example")]).await;
    let browser = site.browser();
    let begun = browser.get("/auth/login").await;
    let provider = begun.location().parse().expect("an address");
    let callback = browser.choose(&provider, "alice").await;
    let expected = Expected::signed_in("alice").unrecovered();
    let finished = site.open(&browser, &callback, expected).await;
    let host_only = BTreeSet::from(["HttpOnly", "SameSite=Lax", "Secure", "Path=/"]);
    let (_, attributes) = set_cookie(&begun, "__Host-sign-in");
    assert_eq!(attributes, &host_only | &BTreeSet::from(["Max-Age=1800"]));
    let (_, attributes) = set_cookie(&finished, "__Host-session");
    assert_eq!(attributes, host_only);

    let ended = browser.post("/auth/logout", &[]).await;
    let (value, attributes) = set_cookie(&ended, "__Host-session");
    assert_eq!(value, "");
    assert_eq!(attributes, &host_only | &BTreeSet::from(["Max-Age=0"]));
}

/// Catalogue: 124.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn http_cookies_have_no_secure_attribute() {
    let site = SignInSite::start().await;
    let finished = site.browser().sign_in("alice").await;
    let (_, attributes) = set_cookie(&finished, "session");
    let expected = ["HttpOnly", "SameSite=Lax", "Path=/"];
    assert_eq!(attributes, BTreeSet::from(expected));
}

/// Catalogue: 125.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn cookies_are_sent_with_the_cross_site_callback() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let request = browser
        .request(Method::GET, &callback)
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    let response = site
        .send(&browser, request, Expected::signed_in("alice"))
        .await;
    // A browser would not send `SameSite=Strict` cookies with this request, nor with the redirect that follows.
    for cookie in set_cookies(&response) {
        assert!(cookie.contains("SameSite=Lax"), "{cookie}");
    }
}

/// Catalogue: 126.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_malformed_or_forged_session_cookie_is_anonymous() {
    const JUNK: [&str; 12] = [
        "",
        "-1",
        "-",
        "%",
        "%00",
        "a b",
        "\"\"",
        "=",
        "==",
        "null",
        "{}",
        "session=x",
    ];
    let site = SignInSite::start().await;
    let genuine = session_cookie_of(&signed_in_browser(&site, "alice").await);
    let flipped = |at: usize| {
        let other = if &genuine[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &genuine[..at], &genuine[at + 1..])
    };
    let cut = |length: usize| genuine[..length].to_owned();
    let junk = JUNK.into_iter().map(str::to_owned);
    let forged = (0..genuine.len()).map(flipped);
    let shortened = (1..genuine.len()).step_by(7).map(cut);
    let long = [format!("{genuine}{genuine}"), "A".repeat(5 * 1024)];
    for value in junk.chain(forged).chain(shortened).chain(long) {
        for name in ["session", "sign-in"] {
            let browser = site.browser();
            browser.set_cookie(name, &value);
            assert_eq!(browser.account().await, None, "{name}={value}");
            assert_eq!(browser.get("/").await.status, 200, "{name}={value}");
        }
    }
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    browser.set_cookie(&browser.sign_in_cookie().0, &genuine);
    site.open(&browser, &callback, Expected::rejected(400))
        .await;
}

/// Catalogue: 126.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn of_two_cookies_with_one_name_the_valid_one_is_used() {
    let site = SignInSite::start().await;
    let genuine = session_cookie_of(&signed_in_browser(&site, "alice").await);
    for cookies in [
        format!("session={genuine}; session=x"),
        format!("session=x; session={genuine}"),
        format!("other=ü; session={genuine}"),
    ] {
        let browser = site.browser();
        let request = browser.request(Method::GET, "/protected");
        let response = browser.send(request.header("cookie", &cookies)).await;
        assert_eq!(response.status, 200, "{cookies}");
    }
    let cookies = [b"other=caf\xe9; session=".as_slice(), genuine.as_bytes()].concat();
    let cookies = HeaderValue::from_bytes(&cookies).expect("a header");
    let request = site.browser().request(Method::GET, "/protected");
    let response = site.browser().send(request.header("cookie", cookies)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    site.assert_invariants().await;
}

/// Catalogue: 128.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn session_ids_are_unique_and_stored_as_hashes() {
    let site = SignInSite::start().await;
    let browsers = join_all((0..50).map(|_| signed_in_browser(&site, "alice"))).await;
    let cookies: BTreeSet<String> = browsers.iter().map(session_cookie_of).collect();
    assert_eq!(cookies.len(), 50);
    let table = "SELECT id_hash || ' ' || data AS value FROM session";
    let rows = values::<String>(&site.db, table).await.concat();
    for cookie in &cookies {
        // A signature of 256 bits in Base64, then an id of 128 bits in Base64.
        let cookie = percent_decode_str(cookie).decode_utf8().expect("text");
        let (signature, id) = cookie.split_at(44);
        assert_eq!(id.len(), 22, "{cookie}");
        assert!(!rows.contains(id) && !rows.contains(signature));
    }
    let hashes = "SELECT id_hash AS value FROM session";
    for hash in values::<String>(&site.db, hashes).await {
        assert_eq!(hash.len(), 64);
        let thief = site.browser();
        thief.set_cookie("session", &hash);
        assert_eq!(thief.account().await, None);
    }
}

/// Catalogue: 128.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn pending_sign_ins_are_stored_as_hashes() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let provider = browser.begin("/").await;
    let cookie = browser.sign_in_cookie().1;
    let table = "SELECT state_hash || ' ' || browser_hash AS value FROM sign_in_attempt";
    let row = values::<String>(&site.db, table).await.concat();
    for (_, secret) in provider
        .query_pairs()
        .filter(|(name, _)| name == "state" || name == "nonce")
    {
        assert!(!row.contains(&*secret));
    }
    for hash in row.split(' ') {
        assert!(!provider.as_str().contains(hash) && !cookie.contains(hash));
    }
}
