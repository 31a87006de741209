//! CSRF check: `Sec-Fetch-Site`, `Origin` and `Referer`.

use crate::feature::{FIELDS, FORM, TABLE};
use harness::raw::exchange;
use harness::{Backend, Site};

const OURS: &str = "https://example.org";

/// The status of a valid form with these headers, which include `Host`.
async fn status_of(site: &Site, headers: &[&str]) -> u16 {
    let body = serde_urlencoded::to_string(FIELDS).expect("text");
    let head = format!(
        "POST {FORM} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n{}\r\n",
        body.len(),
        headers.join("\r\n")
    );
    let written = site.count(TABLE).await;
    let status = exchange(&site.url, format!("{head}\r\n{body}"))
        .await
        .status
        .as_u16();
    let accepted = i64::from(status == 303);
    assert_eq!(site.count(TABLE).await, written + accepted, "{headers:?}");
    status
}

async fn assert_accepted(site: &Site, headers: &[&str]) {
    assert_eq!(status_of(site, headers).await, 303, "{headers:?}");
}

async fn assert_rejected(site: &Site, headers: &[&str]) {
    assert_eq!(status_of(site, headers).await, 403, "{headers:?}");
}

async fn site_at(base_url: &str) -> Site {
    Site::start_with(Backend::Sqlite, &[&format!("--base-url={base_url}")]).await
}

#[tokio::test]
async fn sec_fetch_site_takes_precedence_over_origin() {
    for site in [Site::start(Backend::Sqlite).await, site_at(OURS).await] {
        let host = "Host: example.org";
        assert_accepted(&site, &[host, "Sec-Fetch-Site: same-origin"]).await;
        assert_accepted(&site, &[host, "Sec-Fetch-Site: none"]).await;
        for foreign in [
            "cross-site",
            "same-site",
            "",
            "junk",
            "Same-Origin",
            "same-origin, cross-site",
            "\u{e9}",
        ] {
            assert_rejected(&site, &[host, &format!("Sec-Fetch-Site: {foreign}")]).await;
            let ours = format!("Origin: {OURS}");
            assert_rejected(&site, &[host, &format!("Sec-Fetch-Site: {foreign}"), &ours]).await;
        }
    }
}

#[tokio::test]
async fn a_client_without_browser_headers_is_accepted() {
    for site in [Site::start(Backend::Sqlite).await, site_at(OURS).await] {
        assert_accepted(&site, &["Host: example.org"]).await;
        assert_accepted(&site, &["Host: other.example"]).await;
    }
}

#[tokio::test]
async fn only_the_configured_origin_is_accepted() {
    let site = site_at(OURS).await;
    for host in ["example.org", "app.internal", "127.0.0.1:8000"] {
        let host = format!("Host: {host}");
        for ours in ["https://example.org", "https://EXAMPLE.org"] {
            assert_accepted(&site, &[&host, &format!("Origin: {ours}")]).await;
        }
        for foreign in [
            "https://evil.example",
            "null",
            "",
            "http://example.org",
            "https://sibling.example.org",
            "https://example.org.evil.example",
            "https://example.org:8443",
            "https://example.org/",
            "https://example.org@evil.example",
            "https://xexample.org",
            "example.org",
            "\u{e9}",
        ] {
            assert_rejected(&site, &[&host, &format!("Origin: {foreign}")]).await;
        }
    }
    // The foreign origin is also rejected if `Host` equals it.
    assert_rejected(
        &site,
        &["Host: evil.example", "Origin: https://evil.example"],
    )
    .await;
}

#[tokio::test]
async fn without_a_configured_origin_the_host_is_accepted() {
    let site = Site::start(Backend::Sqlite).await;
    for (host, origin) in [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("LOCALHOST:8000", "http://localhost:8000"),
        // Behind a proxy that terminates TLS.
        ("example.org", "https://example.org"),
        ("example.org:8443", "https://example.org:8443"),
        ("[::1]:8000", "http://[::1]:8000"),
    ] {
        assert_accepted(
            &site,
            &[&format!("Host: {host}"), &format!("Origin: {origin}")],
        )
        .await;
    }
    for (host, origin) in [
        ("example.org", "https://evil.example"),
        ("example.org", "null"),
        ("example.org", "https://sibling.example.org"),
        ("example.org:8443", "https://example.org"),
        ("example.org", "https://example.org:8443"),
        ("localhost:8000", "http://localhost:8001"),
        ("[::1]:8000", "http://[::2]:8000"),
    ] {
        assert_rejected(
            &site,
            &[&format!("Host: {host}"), &format!("Origin: {origin}")],
        )
        .await;
    }
}

#[tokio::test]
async fn an_origin_with_a_port_or_an_address_for_a_host_can_be_configured() {
    for (base_url, ours, foreign) in [
        (
            "https://example.org:8443",
            "https://example.org:8443",
            "https://example.org",
        ),
        (
            "https://example.org:443",
            "https://example.org",
            "https://example.org:444",
        ),
        (
            "http://[::1]:8000",
            "http://[::1]:8000",
            "http://[::2]:8000",
        ),
        (
            "http://127.0.0.1:8000",
            "http://127.0.0.1:8000",
            "http://127.0.0.1",
        ),
    ] {
        let site = site_at(base_url).await;
        assert_accepted(&site, &["Host: app.internal", &format!("Origin: {ours}")]).await;
        assert_rejected(
            &site,
            &["Host: app.internal", &format!("Origin: {foreign}")],
        )
        .await;
    }
}

#[tokio::test]
async fn the_referer_is_checked_without_other_headers() {
    let (open, configured) = (Site::start(Backend::Sqlite).await, site_at(OURS).await);
    let host = "Host: example.org";
    for site in [&open, &configured] {
        assert_accepted(site, &[host, "Referer: https://example.org/some/page?q=1"]).await;
        for foreign in [
            "https://evil.example/",
            "https://evil.example/?https://example.org/",
            "https://example.org.evil.example/",
            "https://example.org:8443/",
            "about:blank",
            "junk",
            "data:text/html,x",
            "\u{e9}",
        ] {
            assert_rejected(site, &[host, &format!("Referer: {foreign}")]).await;
        }
        // `Origin` takes precedence over `Referer`.
        assert_accepted(
            site,
            &[
                host,
                "Origin: https://example.org",
                "Referer: https://evil.example/",
            ],
        )
        .await;
        assert_rejected(
            site,
            &[
                host,
                "Origin: https://evil.example",
                "Referer: https://example.org/",
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn a_cross_site_link_is_accepted() {
    let site = Site::start(Backend::Sqlite).await;
    for method in ["GET", "HEAD"] {
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\nSec-Fetch-Site: cross-site\r\nOrigin: null\r\n\r\n"
        );
        assert_eq!(exchange(&site.url, request).await.status.as_u16(), 200);
    }
}
