//! Request bodies that are too large, too slow, or not a form.

use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};

use crate::feature::{FIELDS, FORM, TABLE};
use harness::raw::Connection;
use harness::{Backend, Response, Site, TIMEOUT};

/// The default of `FORM_BODY_LIMIT`.
const LIMIT: usize = 64 * 1024;

const FORM_TYPE: &str = "Content-Type: application/x-www-form-urlencoded";

/// The valid form as a body, followed by further text.
fn body_with(rest: &str) -> String {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(FIELDS);
    body.finish() + rest
}

async fn start() -> Site {
    Site::start(Backend::Sqlite).await
}

async fn assert_rejected(site: &Site, response: &Response, status: u16, case: &str) {
    assert_eq!(
        response.status.as_u16(),
        status,
        "{case}: {}",
        response.body
    );
    assert!(response.body.contains("<main"), "{case}: a page of ours");
    assert_eq!(site.count(TABLE).await, 0, "{case}: nothing is written");
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413() {
    let site = start().await;
    let key = "&submission_key=";
    let padding = LIMIT - body_with(key).len();
    let larger = body_with(&format!("{key}{}", "x".repeat(padding + 1)));
    let response = site.visitor().post_body(FORM, larger).await;
    assert_rejected(&site, &response, 413, "one byte more").await;
    let largest = body_with(&format!("{key}{}", "x".repeat(padding)));
    let response = site.visitor().post_body(FORM, largest).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_content_length_over_the_limit_is_rejected_before_the_body() {
    let site = start().await;
    for length in ["104857600", "4294967296", "18446744073709551615"] {
        let mut connection = Connection::open(&site.url).await;
        let head = format!(
            "POST {FORM} HTTP/1.1\r\nHost: localhost\r\n{FORM_TYPE}\r\nContent-Length: {length}\r\n\r\n"
        );
        connection.send(head).await;
        let response = connection.response().await;
        let is_rejected = response.status.is_client_error();
        assert!(is_rejected, "{length}: {}", response.status);
        connection.end().await;
        assert_eq!(site.count(TABLE).await, 0);
    }
}

#[tokio::test]
async fn an_endless_body_is_rejected_at_the_limit() {
    let site = start().await;
    let mut connection = Connection::open(&site.url).await;
    let head = format!(
        "POST {FORM} HTTP/1.1\r\nHost: localhost\r\n{FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    connection.send(head).await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..=LIMIT / 0x1000 {
        connection.send(&chunk).await;
    }
    let response = connection.response().await;
    assert_rejected(&site, &response, 413, "an endless body").await;
    let started = Instant::now();
    while connection.try_send(&chunk).await.is_ok() {
        assert!(started.elapsed() < TIMEOUT, "the connection is closed");
    }
}

#[tokio::test]
async fn a_stalled_or_slow_body_times_out() {
    let site = Site::start_with(Backend::Sqlite, &["--request-body-timeout=300ms"]).await;
    let head = format!(
        "POST {FORM} HTTP/1.1\r\nHost: localhost\r\n{FORM_TYPE}\r\nContent-Length: 1000\r\n\r\n"
    );
    let mut stopped = Connection::open(&site.url).await;
    stopped.send(&head).await;
    let response = stopped.response().await;
    assert_rejected(&site, &response, 408, "a body that stops").await;

    let mut trickling = Connection::open(&site.url).await;
    trickling.send(&head).await;
    let started = Instant::now();
    while trickling.try_send("x").await.is_ok() {
        assert!(started.elapsed() < TIMEOUT, "a trickling body is given up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(site.count(TABLE).await, 0);
}

#[tokio::test]
async fn a_truncated_body_writes_nothing() {
    let site = start().await;
    let body = body_with("");
    for framing in [
        format!("Content-Length: {}\r\n\r\n{body}", body.len() + 1),
        format!(
            "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n",
            body.len()
        ),
        format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"),
    ] {
        let mut connection = Connection::open(&site.url).await;
        let request =
            format!("POST {FORM} HTTP/1.1\r\nHost: localhost\r\n{FORM_TYPE}\r\n{framing}");
        connection.send(request).await;
        connection.finish_sending().await;
        connection.end().await;
        assert_eq!(site.count(TABLE).await, 0, "{framing}");
    }
}

#[tokio::test]
async fn endless_chunk_extensions_and_trailers_time_out() {
    let site = Site::start_with(Backend::Sqlite, &["--request-body-timeout=2s"]).await;
    for (beginning, rest) in [("1;", "x"), ("0\r\n", "X-Trailer: y\r\n"), ("", "0")] {
        let mut connection = Connection::open(&site.url).await;
        let head = format!("POST {FORM} HTTP/1.1\r\nHost: localhost\r\n{FORM_TYPE}");
        connection
            .send(format!(
                "{head}\r\nTransfer-Encoding: chunked\r\n\r\n{beginning}"
            ))
            .await;
        let started = Instant::now();
        while connection.try_send(rest.repeat(4096)).await.is_ok() {
            assert!(started.elapsed() < TIMEOUT, "{beginning}{rest} is given up");
        }
        assert_eq!(site.count(TABLE).await, 0);
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_form_gets_415() {
    let site = start().await;
    let visitor = site.visitor();
    for (kind, body) in [
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n",
        ),
        ("application/json", "{\"a\": \"b\"}"),
        ("text/plain", "a=b"),
        ("application/xml", "<a/>"),
        ("junk", "a=b"),
    ] {
        let request = visitor
            .request(Method::POST, FORM)
            .header(CONTENT_TYPE, kind);
        let response = visitor.send(request.body(body)).await;
        assert_rejected(&site, &response, 415, kind).await;
    }
    let response = visitor.send(visitor.request(Method::POST, FORM)).await;
    assert_rejected(&site, &response, 415, "neither kind nor body").await;
}

#[tokio::test]
async fn a_form_with_duplicate_or_too_many_fields_is_rejected() {
    let site = start().await;
    let first = FIELDS[0].0;
    let names: Vec<String> = (0..10_000).map(|number| format!("&{number:x}")).collect();
    let many = names.concat();
    let nothings = "&".repeat(10_000);
    let same = format!("&{first}=again");
    for rest in [&*many, &nothings, &same] {
        let response = site.visitor().post_body(FORM, body_with(rest)).await;
        assert_rejected(&site, &response, 400, &rest[..10]).await;
    }
}

#[tokio::test]
async fn an_unknown_field_is_ignored() {
    let site = start().await;
    let array = format!("&{}[]=x&{}=y", FIELDS[0].0, "n".repeat(30_000));
    let response = site.visitor().post_body(FORM, body_with(&array)).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn text_that_is_not_utf8_is_rejected() {
    let site = start().await;
    let last = FIELDS[FIELDS.len() - 1].0;
    for text in ["%ff", "%ED%A0%80", "%C0%AF", "%F0%9F%8D", "%F4%90%80%80"] {
        let body = body_with("").replace(&format!("{last}="), &format!("{last}={text}"));
        let response = site.visitor().post_body(FORM, body).await;
        assert_rejected(&site, &response, 400, text).await;
        let address = format!("/?after={text}");
        let response = site.visitor().get(&address).await;
        assert_rejected(&site, &response, 400, &address).await;
        let response = site.visitor().get(&format!("/{text}")).await;
        assert_rejected(&site, &response, 404, text).await;
    }
    let raw = [body_with("").as_bytes(), &[0xff, 0xfe]].concat();
    let response = site.visitor().post_body(FORM, raw).await;
    assert_rejected(&site, &response, 400, "raw bytes").await;
}

#[tokio::test]
async fn a_query_with_a_duplicate_parameter_is_rejected() {
    let site = start().await;
    let response = site.visitor().get("/?after=1&after=2").await;
    assert_rejected(&site, &response, 400, "twice").await;
}
