//! Cookies and ids of sessions (rows 121 to 128).

use std::collections::BTreeSet;

use reqwest::header::SET_COOKIE;
use reqwest::{Method, StatusCode};

use super::Browser;
use super::stage::{HOST_SESSION, SESSION, Stage};
use crate::support::Answer;

fn set_cookies(answer: &Answer) -> Vec<&str> {
    let cookies = answer.headers.get_all(SET_COOKIE).iter();
    cookies
        .map(|cookie| cookie.to_str().expect("text"))
        .collect()
}

/// The cookie of this name that the answer sets: value and attributes.
fn set_cookie<'a>(answer: &'a Answer, name: &str) -> (&'a str, BTreeSet<&'a str>) {
    let cookies = set_cookies(answer);
    let of_name = |cookie: &&&str| cookie.split('=').next() == Some(name);
    let cookie = cookies.iter().find(of_name).expect(name);
    let (pair, attributes) = cookie.split_once(';').expect("attributes");
    let value = pair.split_once('=').expect("a value").1;
    (value, attributes.split(';').map(str::trim).collect())
}

#[tokio::test]
async fn row_121_each_sign_in_has_a_new_session_and_ends_the_former_one() {
    let stage = Stage::open().await;
    let browser = stage.browser();
    let (first_tab, second_tab) = (browser.begin("/").await, browser.begin("/").await);
    let first = browser.choose("alice", &first_tab).await;
    browser.get(&first).await;
    let before = browser.copied();
    assert_eq!(before.who().await.as_deref(), Some("Alice Example"));

    let second = browser.choose("carol", &second_tab).await;
    browser.get(&second).await;
    assert_ne!(before.cookie(SESSION), browser.cookie(SESSION));
    assert_eq!(before.who().await, None);
    assert_eq!(browser.who().await.as_deref(), Some("Carol Example"));
    assert_eq!(stage.site.count("session").await, 1);
}

#[tokio::test]
async fn row_122_a_planted_session_is_not_taken_over() {
    let stage = Stage::open().await;
    let another_site =
        Stage::with(&["--session-secret-key=the key of another site, long enough too"]).await;
    let foreign = another_site.browser_of("alice").await;
    let foreign = foreign.cookie(SESSION).expect("a session");
    let attacker = stage.browser_of("bob").await;
    let planted = attacker.cookie(SESSION).expect("a session");
    for cookie in ["AAAAAAAAAAAAAAAAAAAAAA", &foreign, &planted] {
        let victim = stage.browser();
        let provider = victim.begin("/").await;
        victim.set_cookie(SESSION, cookie);
        let callback = victim.choose("alice", &provider).await;
        victim.get(&callback).await;
        assert_ne!(victim.cookie(SESSION).as_deref(), Some(cookie));
        assert_eq!(victim.who().await.as_deref(), Some("Alice Example"));
        let attacker = stage.browser();
        attacker.set_cookie(SESSION, cookie);
        assert_eq!(attacker.who().await, None, "{cookie}");
    }
}

#[tokio::test]
async fn row_124_cookies_over_https_belong_to_this_host_alone() {
    let stage = Stage::https().await;
    let browser = stage.browser();
    let begun = browser.get("/auth/login").await;
    let callback = browser.choose("alice", begun.location()).await;
    let finished = browser.get(&callback).await;
    let host_only = BTreeSet::from(["HttpOnly", "SameSite=Lax", "Secure", "Path=/"]);
    let (_, attributes) = set_cookie(&begun, "__Host-sign-in");
    assert_eq!(attributes, &host_only | &BTreeSet::from(["Max-Age=600"]));
    let (_, attributes) = set_cookie(&finished, HOST_SESSION);
    assert_eq!(attributes, host_only);

    let ended = browser.post("/auth/logout", &[]).await;
    let (value, attributes) = set_cookie(&ended, HOST_SESSION);
    assert_eq!(value, "");
    assert_eq!(attributes, &host_only | &BTreeSet::from(["Max-Age=0"]));
}

#[tokio::test]
async fn row_124_cookies_over_http_have_another_name_and_nothing_that_needs_https() {
    let stage = Stage::open().await;
    let browser = stage.browser();
    let finished = browser.sign_in_from("/", "alice").await;
    let (_, attributes) = set_cookie(&finished, SESSION);
    assert_eq!(
        attributes,
        BTreeSet::from(["HttpOnly", "SameSite=Lax", "Path=/"])
    );
}

#[tokio::test]
async fn row_125_the_way_back_from_the_provider_brings_the_cookies() {
    let stage = Stage::open().await;
    let browser = stage.browser();
    let provider = browser.begin("/").await;
    let callback = browser.choose("alice", &provider).await;
    let request = browser.request(Method::GET, &callback);
    let from_elsewhere = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let request = from_elsewhere
        .into_iter()
        .fold(request, |request, (name, value)| {
            request.header(name, value)
        });
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    // Strict cookies would not have come with such a request, nor with the redirect behind it.
    for cookie in set_cookies(&answer) {
        assert!(cookie.contains("SameSite=Lax"), "{cookie}");
    }
    assert_eq!(browser.who().await.as_deref(), Some("Alice Example"));
}

#[tokio::test]
async fn row_126_a_cookie_that_is_not_ours_is_nobodys() {
    let stage = Stage::open().await;
    let genuine = stage
        .browser_of("alice")
        .await
        .cookie(SESSION)
        .expect("a session");
    let flipped = |at: usize| {
        let mut bytes = genuine.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("text")
    };
    let mut cookies: Vec<String> = [
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
    ]
    .map(str::to_owned)
    .into();
    cookies.extend((0..genuine.len()).map(flipped));
    cookies.extend(
        (1..genuine.len())
            .step_by(7)
            .map(|length| genuine[..length].to_owned()),
    );
    cookies.push(format!("{genuine}{genuine}"));
    cookies.push("A".repeat(5 * 1024));
    for cookie in cookies {
        for name in [SESSION, "sign-in"] {
            let browser = stage.browser();
            browser.set_cookie(name, &cookie);
            assert_eq!(browser.who().await, None, "{name}={cookie}");
            assert_eq!(
                browser.get("/").await.status,
                StatusCode::OK,
                "{name}={cookie}"
            );
        }
    }
}

#[tokio::test]
async fn row_126_of_two_cookies_of_one_name_neither_confuses_the_site() {
    let stage = Stage::open().await;
    let genuine = stage
        .browser_of("alice")
        .await
        .cookie(SESSION)
        .expect("a session");
    for cookies in [
        format!("session=x; session={genuine}"),
        format!("session={genuine}; session=x"),
    ] {
        let browser = stage.browser();
        let request = browser.request(Method::GET, "/").header("cookie", cookies);
        assert_eq!(browser.send(request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn row_128_ids_never_repeat_and_a_copy_of_the_tables_opens_nothing() {
    let stage = Stage::open().await;
    let browsers = futures_util::future::join_all((0..50).map(|_| stage.browser_of("alice"))).await;
    let cookies: BTreeSet<_> = browsers
        .iter()
        .filter_map(|browser| browser.cookie(SESSION))
        .collect();
    assert_eq!(cookies.len(), 50);
    let rows: Vec<String> = stage
        .site
        .texts("SELECT id_hash || ' ' || data AS value FROM session")
        .await;
    let hashes: Vec<String> = stage
        .site
        .texts("SELECT id_hash AS value FROM session")
        .await;
    assert_eq!(rows.len(), 50);
    for cookie in &cookies {
        // A signature of 256 bits in Base64, then an id of 128 bits in Base64.
        let id = cookie.get(44..).expect("an id behind the signature");
        assert_eq!(id.len(), 22, "{cookie}");
        assert!(rows.iter().all(|row| !row.contains(id)));
    }
    for hash in &hashes {
        assert_eq!(hash.len(), 64);
        let thief: Browser = stage.browser();
        thief.set_cookie(SESSION, hash);
        assert_eq!(thief.who().await, None);
    }
}

#[tokio::test]
async fn row_128_a_copy_of_the_pending_sign_ins_finishes_none() {
    let stage = Stage::open().await;
    let browser = stage.browser();
    let provider = browser.begin("/").await;
    let cookie = browser.cookie("sign-in").expect("a cookie");
    let rows: Vec<String> = stage
        .site
        .texts("SELECT state_hash || ' ' || browser_hash AS value FROM sign_in_attempt")
        .await;
    let address = url::Url::parse(&provider).expect("an address");
    for (_, value) in address
        .query_pairs()
        .filter(|(name, _)| name == "state" || name == "nonce")
    {
        assert!(!rows[0].contains(&*value));
    }
    for part in rows[0].split(' ') {
        assert!(!provider.contains(part) && !cookie.contains(part));
    }
}
