//! Headers of every response.

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE};
use reqwest::{Method, StatusCode};

use crate::feature::{FEATURE, FIELDS, FORM, FORM_PAGE, MOVED, ROW, TABLE};
use harness::raw::{self, exchange};
use harness::{Backend, Response, Site};

/// One response of each kind: from the site as it is, and without its table.
async fn responses(site: &Site) -> Vec<Response> {
    let visitor = site.visitor();
    let mut responses = vec![
        visitor.get("/").await,
        visitor.post(FORM, &FIELDS).await,
        visitor.get(ROW).await,
        visitor.get(MOVED).await,
        visitor.get("/?after=%ff").await,
        visitor.get("/nothing").await,
        visitor.send(visitor.request(Method::PUT, FORM)).await,
        visitor.post_body(FORM, "x".repeat(70_000)).await,
        visitor
            .send(visitor.request(Method::POST, FORM).body("x"))
            .await,
        visitor.post(FORM, &[]).await,
        visitor.get("/auth/login").await,
        visitor.get("/unprotected").await,
        visitor.get("/livez").await,
        visitor.get("/readyz").await,
        visitor.get("/favicon.ico").await,
        visitor.get(&style_sheet(site).await).await,
    ];
    let foreign = visitor
        .request(Method::POST, FORM)
        .header("Sec-Fetch-Site", "cross-site");
    responses.push(visitor.send(foreign.form(&FIELDS)).await);
    site.execute(&format!("ALTER TABLE {TABLE} RENAME TO lost"))
        .await;
    responses.push(visitor.get("/").await);
    responses
}

async fn style_sheet(site: &Site) -> String {
    let page = site.visitor().get("/").await;
    let (_, rest) = page
        .body
        .split_once("rel=\"stylesheet\" href=\"")
        .expect("a style sheet");
    rest.split('"').next().expect("an address").to_owned()
}

const DIRECTIVES: [&str; 5] = [
    "default-src 'none'",
    "style-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
];

const ABSENT: [&str; 4] = [
    "server",
    "x-powered-by",
    "strict-transport-security",
    "access-control-allow-origin",
];

#[tokio::test]
async fn every_response_has_the_security_headers_and_its_own_id() {
    let site = Site::start(Backend::Sqlite).await;
    let responses = responses(&site).await;
    let statuses: Vec<u16> = responses
        .iter()
        .map(|response| response.status.as_u16())
        .collect();
    let moved = if FEATURE.moved.is_some() { 308 } else { 200 };
    assert_eq!(
        statuses,
        [
            200, 303, 200, moved, 400, 404, 405, 413, 415, 422, 501, 200, 200, 200, 200, 200, 403,
            500
        ]
    );
    let mut ids = Vec::new();
    for response in responses {
        assert_security_headers(&response);
        ids.push(response.header("x-request-id").to_owned());
    }
    assert_are_request_ids(ids);
}

/// Asserts the headers of every response, and that the only cookie is that of a notice.
fn assert_security_headers(response: &Response) {
    let policy = response.header("content-security-policy");
    for directive in DIRECTIVES {
        assert!(
            policy.split("; ").any(|part| part == directive),
            "{response:?}"
        );
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(response.header("x-content-type-options"), "nosniff");
    assert_eq!(response.header("x-frame-options"), "DENY");
    assert_eq!(response.header("cross-origin-opener-policy"), "same-origin");
    assert!(!response.header("referrer-policy").is_empty());
    for absent in ABSENT {
        assert!(
            !response.headers.contains_key(absent),
            "{absent}: {response:?}"
        );
    }
    // The next page shows the notice and removes its cookie.
    let cookie = response.header("set-cookie");
    assert!(
        cookie.is_empty() || cookie.starts_with("notice="),
        "{cookie}"
    );
}

fn assert_are_request_ids(mut ids: Vec<String>) {
    let is_id = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(ids.iter().all(|id| is_id(id)), "{ids:?}");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "duplicate ids");
}

#[tokio::test]
async fn every_error_page_has_a_recovery_link_and_a_reference() {
    let site = Site::start(Backend::Sqlite).await;
    for response in responses(&site).await {
        let form_again = response.status == StatusCode::UNPROCESSABLE_ENTITY;
        if form_again || !(response.status.is_client_error() || response.status.is_server_error()) {
            continue;
        }
        assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(response.header("cache-control"), "no-store");
        assert!(
            response.body.contains(response.header("x-request-id")),
            "{}",
            response.body
        );
        assert!(
            response.body.contains("<a class=\"button\" href=\"/\">"),
            "{}",
            response.body
        );
        for secret in ["lost", "no such table", "sqlx", "panicked", "src/"] {
            assert!(
                !response.body.contains(secret),
                "{secret} in {}",
                response.body
            );
        }
    }
}

#[tokio::test]
async fn a_json_client_gets_problem_json() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    let wants = |method, path, kind| visitor.request(method, path).header(ACCEPT, kind);
    for (request, status) in [
        (wants(Method::GET, "/nothing", "application/json"), 404),
        (
            wants(Method::GET, "/nothing", "application/problem+json"),
            404,
        ),
        (wants(Method::PUT, FORM, "application/json"), 405),
        (
            wants(Method::POST, FORM, "application/json").body("{}"),
            415,
        ),
        (wants(Method::GET, "/auth/login", "application/json"), 501),
        (wants(Method::GET, "/api/nothing", "*/*"), 404),
        (wants(Method::GET, "/api", "text/html"), 404),
    ] {
        let response = visitor.send(request).await;
        assert_eq!(response.status.as_u16(), status);
        assert_eq!(
            response.header(CONTENT_TYPE.as_str()),
            "application/problem+json"
        );
        let problem: serde_json::Value = serde_json::from_str(&response.body).expect("JSON");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["reference"], response.header("x-request-id"));
    }
    let browser = wants(
        Method::GET,
        "/nothing",
        "text/html,application/json;q=0.9,*/*;q=0.8",
    );
    let response = visitor.send(browser).await;
    assert_eq!(
        response.header(CONTENT_TYPE.as_str()),
        "text/html; charset=utf-8"
    );
}

#[tokio::test]
async fn hsts_is_sent_only_with_an_https_origin() {
    let flag = "strict-transport-security";
    let site = Site::start_with(Backend::Sqlite, &["--base-url=https://example.org"]).await;
    for response in responses(&site).await {
        assert!(
            response.header(flag).starts_with("max-age=31536000"),
            "{response:?}"
        );
    }
    let plain = Site::start_with(Backend::Sqlite, &["--base-url=http://example.org"]).await;
    let request = plain
        .visitor()
        .request(Method::GET, "/")
        .header("X-Forwarded-Proto", "https");
    let response = plain.visitor().send(request).await;
    assert!(!response.headers.contains_key(flag));
}

#[tokio::test]
async fn the_host_header_is_not_reflected() {
    for flags in [&[][..], &["--base-url=https://example.org"]] {
        let site = Site::start_with(Backend::Sqlite, flags).await;
        site.visitor().post(FORM, &FIELDS).await;
        for path in [
            "/",
            ROW,
            FORM_PAGE,
            MOVED,
            FORM,
            "/nothing",
            "/auth/login",
            "/auth/logout",
            "/livez",
            "//evil.example/",
        ] {
            let lies = "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n\
                X-Original-URL: /evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil.example\r\n";
            let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{lies}\r\n");
            let response = exchange(&site.url, request).await;
            let reflected =
                format!("{:?}{}", response.headers, response.body).contains("evil.example");
            assert!(!reflected || path.contains("evil"), "{path}: {response:?}");
            assert!(
                !response.location().contains("evil"),
                "{path}: {response:?}"
            );
        }
    }
}

#[tokio::test]
async fn canonical_links_use_the_configured_origin() {
    let site = Site::start_with(Backend::Sqlite, &["--base-url=https://example.org"]).await;
    let visitor = site.visitor();
    visitor.post(FORM, &FIELDS).await;
    for path in ["/", ROW] {
        let page = visitor.get(&format!("{path}?utm_source=x")).await;
        let canonical = format!("<link rel=\"canonical\" href=\"https://example.org{path}\">");
        assert!(page.body.contains(&canonical), "{}", page.body);
        assert!(!page.body.contains("noindex"), "{path}");
    }
}

#[tokio::test]
async fn forms_and_errors_are_not_indexed() {
    let site = Site::start_with(Backend::Sqlite, &["--base-url=https://example.org"]).await;
    let visitor = site.visitor();
    for page in [
        visitor.get(FORM_PAGE).await,
        visitor.get("/nothing").await,
        visitor.get("/auth/login").await,
        visitor.post(FORM, &[]).await,
    ] {
        assert!(
            page.body
                .contains("<meta name=\"robots\" content=\"noindex\">")
        );
        assert!(!page.body.contains("rel=\"canonical\""), "{}", page.body);
        assert!(!page.body.contains("property=\"og:"), "{}", page.body);
    }
}

#[tokio::test]
async fn cookies_have_the_prefix_of_the_origins_scheme() {
    for (origin, name) in [
        ("https://example.org", "__Host-notice="),
        ("http://example.org", "notice="),
    ] {
        let site = Site::start_with(Backend::Sqlite, &[&format!("--base-url={origin}")]).await;
        let response = site.visitor().post(FORM, &FIELDS).await;
        let cookie = response.header("set-cookie");
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert_eq!(cookie.contains("Secure"), origin.starts_with("https"));
    }
}

#[tokio::test]
async fn markup_in_a_path_or_header_is_not_reflected() {
    let site = Site::start(Backend::Sqlite).await;
    for (method, path) in [
        ("GET", "/%3Cscript%3Ealert(1)%3C/script%3E"),
        ("GET", "/<script>alert(1)</script>"),
        ("GET", "/nothing?<script>alert(1)</script>"),
        ("POST", "/%3Cscript%3E?<script>alert(1)</script>"),
        ("DELETE", "/?<script>alert(1)</script>"),
        (
            "GET",
            "/auth/login?next=%22%3E%3Cscript%3Ealert(1)</script>",
        ),
    ] {
        let headers = "User-Agent: <script>\r\nReferer: <script>\r\nAccept-Language: <script>\r\n";
        let response = exchange(&site.url, raw::head(method, path, headers)).await;
        assert!(
            response.status.as_u16() >= 400,
            "{path}: {}",
            response.status
        );
        assert!(
            !response.body.to_lowercase().contains("<script"),
            "{path}: {}",
            response.body
        );
    }
}

#[tokio::test]
async fn anonymous_visitors_get_no_cookie() {
    let site = Site::start(Backend::Sqlite).await;
    site.visitor().post(FORM, &FIELDS).await;
    for path in [
        "/",
        "/?q=a",
        "/?sort=name",
        ROW,
        FORM_PAGE,
        MOVED,
        "/auth/logout",
        "/protected",
        "/nothing",
    ] {
        for sent in ["", "session=junk", "__Host-session=%00; x"] {
            let request = site
                .visitor()
                .request(Method::GET, path)
                .header(COOKIE, sent);
            let response = site.visitor().send(request).await;
            assert!(
                !response.headers.contains_key("set-cookie"),
                "{path}: {response:?}"
            );
        }
    }
}
