//! Static files: caching, compression and path traversal.

use std::ffi::OsStr;
use std::path::Path;

use reqwest::header::ACCEPT_ENCODING;
use reqwest::{Method, StatusCode};

use harness::raw::{self, exchange};
use harness::{Backend, Response, Site};

/// The addresses of the files that a page refers to.
async fn files(site: &Site) -> Vec<String> {
    let page = site.visitor().get("/").await;
    let parts = page.body.split("href=\"/static/").skip(1);
    let files: Vec<_> = parts
        .map(|part| format!("/static/{}", part.split('"').next().expect("an address")))
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    files
}

/// The style sheet, which is compressed on request.
async fn style_sheet(site: &Site) -> String {
    let mut files = files(site).await.into_iter();
    files
        .find(|file| is_style_sheet(file))
        .expect("a style sheet")
}

fn is_style_sheet(file: &str) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|kind| kind == "css")
}

#[tokio::test]
async fn a_file_with_a_content_hash_is_cached_forever() {
    let site = Site::start(Backend::Sqlite).await;
    for file in files(&site).await {
        let response = site.visitor().get(&file).await;
        assert_eq!(response.status, StatusCode::OK, "{file}");
        assert_eq!(
            response.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let kind = match Path::new(&file).extension().and_then(OsStr::to_str) {
            Some("css") => "text/css",
            Some("png") => "image/png",
            _ => "image/svg+xml",
        };
        assert!(
            response.header("content-type").starts_with(kind),
            "{file}: {response:?}"
        );
        let head = site
            .visitor()
            .send(site.visitor().request(Method::HEAD, &file))
            .await;
        assert_eq!((head.status, &*head.body), (StatusCode::OK, ""), "{file}");
        assert_eq!(
            head.header("content-type"),
            response.header("content-type"),
            "{file}"
        );
    }
}

#[tokio::test]
async fn a_file_without_its_content_hash_is_not_found() {
    let site = Site::start(Backend::Sqlite).await;
    for path in [
        "/static/app.css",
        "/static/app-00000000.css",
        "/static/favicon.svg",
        "/static/",
        "/static",
        "/app.css",
    ] {
        assert_eq!(
            site.visitor().get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let icon = site.visitor().get("/favicon.ico").await;
    assert_eq!(icon.header("content-type"), "image/svg+xml");
    assert_eq!(icon.header("cache-control"), "public, max-age=86400");
}

#[tokio::test]
async fn paths_outside_the_static_files_are_not_served() {
    let site = Site::start(Backend::Sqlite).await;
    for path in [
        "/static/../Cargo.toml",
        "/static/..%2fCargo.toml",
        "/static/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/Cargo.toml",
        "/static/%2e%2e%2fCargo.toml",
        "/static/%252e%252e%252fCargo.toml",
        "/static/..%5cCargo.toml",
        "/static/..\\Cargo.toml",
        "/static/%5c..%5cCargo.toml",
        "/static/..;/Cargo.toml",
        "/static/%c0%ae%c0%ae/Cargo.toml",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/.env",
        "/static/.gitignore",
        "/static/app.css%00.svg",
        "//etc/passwd",
        "/.env",
        "/.git/config",
        "/templates/layout.html",
        "/static/../templates/layout.html",
    ] {
        let response = exchange(&site.url, raw::head("GET", path, "")).await;
        assert!(
            matches!(response.status.as_u16(), 400 | 404),
            "{path}: {}",
            response.status
        );
        for content in ["[package]", "root:", "DATABASE_URL"] {
            assert!(!response.body.contains(content), "{path}");
        }
    }
}

#[tokio::test]
async fn pages_and_files_are_compressed_on_request() {
    let site = Site::start(Backend::Sqlite).await;
    for path in ["/", &style_sheet(&site).await] {
        let plain = fetch(&site, path, "identity").await.body.len();
        for encoding in ["gzip", "br", "zstd"] {
            for method in [Method::GET, Method::HEAD] {
                let request = site
                    .visitor()
                    .request(method.clone(), path)
                    .header(ACCEPT_ENCODING, encoding);
                let response = request.send().await.expect("a response");
                let case = format!("{method} {path} {encoding}");
                assert_eq!(response.status(), StatusCode::OK, "{case}");
                assert_eq!(response.headers()["content-encoding"], encoding, "{case}");
                let bytes = response.bytes().await.expect("a body");
                assert!(
                    bytes.len() < plain,
                    "{case}: {} of {plain} bytes",
                    bytes.len()
                );
                assert_eq!(bytes.is_empty(), method == Method::HEAD, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn responses_vary_by_accept_encoding() {
    let site = Site::start(Backend::Sqlite).await;
    for path in ["/", &style_sheet(&site).await] {
        for encoding in ["identity", "gzip", "gzip;q=0, br;q=0, zstd;q=0, *;q=0"] {
            let response = fetch(&site, path, encoding).await;
            let varies = response
                .header("vary")
                .to_lowercase()
                .contains("accept-encoding");
            assert!(varies, "{path} {encoding}: {response:?}");
            let encoded = response.headers.contains_key("content-encoding");
            assert_eq!(encoded, encoding == "gzip", "{path} {encoding}");
        }
    }
}

async fn fetch(site: &Site, path: &str, encoding: &str) -> Response {
    let request = site
        .visitor()
        .request(Method::GET, path)
        .header(ACCEPT_ENCODING, encoding);
    let response = request.send().await.expect("a response");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.expect("a body");
    assert_eq!(status, StatusCode::OK, "{path} {encoding}");
    Response {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
