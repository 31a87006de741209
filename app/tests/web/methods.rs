//! HTTP methods and the size of the request head.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};

use crate::feature::{FEATURE, FIELDS, FORM, FORM_PAGE, MOVED, ROW, TABLE};
use harness::raw::{self, exchange};
use harness::{Backend, Site};

async fn start() -> Site {
    let site = Site::start(Backend::Sqlite).await;
    let added = site.visitor().post(FORM, &FIELDS).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    site
}

/// The headers without those that differ in every response, and without the length, which HEAD may leave out.
fn comparable_headers(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["date", "x-request-id", "content-length"] {
        headers.remove(name);
    }
    headers
}

#[tokio::test]
async fn head_returns_the_headers_of_get_without_the_body() {
    let site = start().await;
    let visitor = site.visitor();
    let pages = [
        "/",
        "/?q=cakes",
        "/?sort=name",
        ROW,
        FORM_PAGE,
        MOVED,
        "/livez",
        "/readyz",
        "/favicon.ico",
        "/unprotected",
        "/auth/login",
        "/auth/logout",
        "/auth/profile",
        "/protected",
        "/nothing",
        "/api/nothing",
        "/?q=%ff",
        FORM,
        "/static/none.css",
    ];
    for path in pages {
        let get = visitor.get(path).await;
        let head = visitor.send(visitor.request(Method::HEAD, path)).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(
            comparable_headers(&head.headers),
            comparable_headers(&get.headers),
            "{path}"
        );
        assert_eq!(head.body, "", "{path}");
        let length = head.headers.get("content-length");
        assert!(
            length.is_none_or(|length| Some(length) == get.headers.get("content-length")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_unsupported_method_gets_405_with_allow() {
    let site = start().await;
    let visitor = site.visitor();
    for (method, path, allowed) in [
        (Method::POST, "/", "GET, HEAD"),
        (Method::DELETE, "/", "GET, HEAD"),
        (Method::PUT, ROW, "GET, HEAD"),
        (Method::PATCH, ROW, "GET, HEAD"),
        (Method::PUT, FORM, "GET, HEAD, POST"),
        (Method::DELETE, FORM, "GET, HEAD, POST"),
        (Method::POST, "/livez", "GET, HEAD"),
        (Method::POST, "/favicon.ico", "GET, HEAD"),
        (Method::POST, "/static/app.css", "GET, HEAD"),
        (Method::TRACE, "/", "GET, HEAD"),
    ] {
        let case = format!("{method} {path}");
        let response = visitor.send(visitor.request(method, path)).await;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{case}");
        let mut named: Vec<&str> = response.header("allow").split(',').map(str::trim).collect();
        named.sort_unstable();
        assert_eq!(named.join(", "), allowed, "{case}");
    }
    assert_eq!(site.count(TABLE).await, 1);
}

#[tokio::test]
async fn a_get_request_to_a_form_action_redirects_to_the_page_of_the_form() {
    let site = start().await;
    for form in FEATURE.forms {
        for method in [Method::GET, Method::HEAD] {
            let visitor = site.visitor();
            let request = visitor.request(method, &format!("{}?x=1", form.action("1")));
            let response = visitor.send(request).await;
            assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", form.action);
            assert_eq!(response.location(), form.page.replace("{id}", "1"));
        }
    }
    if FORM != "/" {
        let deeper = site
            .visitor()
            .get(&format!("{FORM}/%2F%2Fevil.example%2F/x/y"))
            .await;
        assert_eq!(deeper.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_unknown_method_is_rejected_without_echo() {
    let site = start().await;
    for (method, target) in [
        ("TRACE", "/"),
        ("TRACK", "/"),
        ("FOO", "/"),
        ("get", "/"),
        ("CONNECT", "example.org:443"),
        ("CONNECT", "/"),
        ("OPTIONS", "*"),
        ("PRI", "*"),
    ] {
        let response = exchange(
            &site.url,
            raw::head(method, target, "X-Secret: swordfish\r\n"),
        )
        .await;
        let status = response.status.as_u16();
        assert!(
            matches!(status, 400 | 404 | 405 | 501),
            "{method} {target}: {status}"
        );
        assert!(!response.body.contains("swordfish"), "{method} {target}");
    }
    assert_eq!(site.visitor().get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_without_exactly_one_valid_host_gets_400() {
    let site = start().await;
    for (version, hosts, status) in [
        ("1.1", "Host: a\r\nHost: a\r\n", 400),
        ("1.1", "Host: a\r\nHost: b\r\n", 400),
        ("1.1", "", 400),
        ("1.1", "Host: a b\r\n", 400),
        ("1.1", "Host: a/b\r\n", 400),
        ("1.1", "Host: localhost:8000\r\n", 200),
        ("1.1", "Host: [::1]:8000\r\n", 200),
        ("1.1", "Host:\r\n", 200),
        ("1.0", "", 200),
    ] {
        let request = format!("GET / HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        let response = exchange(&site.url, request).await;
        assert_eq!(response.status.as_u16(), status, "{version} {hosts}");
    }
}

#[tokio::test]
async fn a_request_with_an_absolute_url_gets_the_page_at_its_path() {
    let site = start().await;
    for (target, status) in [
        ("http://localhost/livez", 200),
        ("http://evil.example/livez", 200),
        ("http://evil.example//livez", 404),
        ("https://evil.example/nothing", 404),
        ("http://evil.example", 200),
    ] {
        let response = exchange(&site.url, raw::head("GET", target, "")).await;
        assert_eq!(response.status.as_u16(), status, "{target}");
        assert!(!format!("{response:?}").contains("evil"), "{response:?}");
    }
}

#[tokio::test]
async fn a_path_with_doubled_slashes_is_not_found() {
    let site = start().await;
    for (method, target) in [
        ("GET", "//livez"),
        ("HEAD", "//livez"),
        ("GET", "///"),
        ("GET", "/static//app.css"),
        ("GET", "//evil.example/x"),
        ("GET", "//auth//login"),
        ("GET", &format!("/{ROW}?x=1")),
        ("GET", &format!("{ROW}//")),
        ("GET", &format!("/{FORM}")),
        ("POST", &format!("/{FORM}")),
        ("POST", &format!("{FORM}//")),
    ] {
        let response = exchange(&site.url, raw::head(method, target, "")).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{method} {target}");
    }
    let page = exchange(&site.url, raw::head("GET", "/livez?a=//b", "")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(site.count(TABLE).await, 1);
}

#[tokio::test]
async fn a_cors_preflight_allows_nothing() {
    let site = start().await;
    for path in ["/", FORM, ROW, "/protected", "/api/nothing", "/nothing"] {
        for origin in ["https://evil.example", "null", &site.url] {
            let request = site.visitor().request(Method::OPTIONS, path);
            let request = request
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type");
            let response = site.visitor().send(request).await;
            let allows = response
                .headers
                .keys()
                .any(|name| name.as_str().starts_with("access-control-"));
            assert!(!allows, "{path}: {response:?}");
            assert!(
                response.status.is_client_error(),
                "{path}: {}",
                response.status
            );
        }
    }
}

#[tokio::test]
async fn an_oversized_request_head_is_rejected() {
    let site = start().await;
    let large = format!("X-Large: {}\r\n", "x".repeat(33 * 1024));
    let lines: Vec<String> = (0..200)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    let many = lines.concat();
    for (target, headers, statuses) in [
        ("/".to_owned(), &*large, &[431][..]),
        ("/".to_owned(), &many, &[431]),
        (format!("/?q={}", "x".repeat(64 * 1024)), "", &[414, 431]),
    ] {
        let response = exchange(&site.url, raw::head("GET", &target, headers)).await;
        assert!(
            statuses.contains(&response.status.as_u16()),
            "{}",
            response.status
        );
    }
    let fits = format!("X-Large: {}\r\n", "x".repeat(31 * 1024));
    let response = exchange(&site.url, raw::head("GET", "/", &fits)).await;
    assert_eq!(response.status, StatusCode::OK);
}
