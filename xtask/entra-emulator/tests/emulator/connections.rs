//! Faults in how a response is sent, seen by the client.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use entra_emulator::{Emulator, Endpoint, Fault, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{App, client};

/// Long enough for a response over loopback, and short enough to wait for.
const TIMEOUT: Duration = Duration::from_millis(300);

/// Sends a request for the metadata and returns the open connection.
async fn request_metadata(app: &App) -> TcpStream {
    let address = ("127.0.0.1", app.emulator.port());
    let mut connection = TcpStream::connect(address).await.unwrap();
    let path = app.tenant_url("v2.0/.well-known/openid-configuration");
    let path = path.trim_start_matches(app.emulator.base_url());
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

#[tokio::test]
async fn a_delayed_response_is_complete() {
    let app = App::start().await;
    let (start, delay) = (Instant::now(), Duration::from_millis(200));
    app.emulator.fault(Endpoint::Discovery, Fault::Delay(delay));
    assert!(app.metadata().await["issuer"].is_string());
    assert!(start.elapsed() >= delay);
}

#[tokio::test]
async fn a_hang_before_the_headers_sends_nothing() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangBeforeHeaders);
    let mut connection = request_metadata(&app).await;
    let waited = timeout(TIMEOUT, connection.read_u8()).await;
    assert!(waited.is_err(), "{waited:?}");
    assert_eq!(app.emulator.requests_to(Endpoint::Discovery).len(), 1);
}

#[tokio::test]
async fn a_hang_after_the_headers_sends_only_the_headers() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let mut received = Vec::new();
    let mut connection = request_metadata(&app).await;
    let waited = timeout(TIMEOUT, connection.read_to_end(&mut received)).await;
    assert!(waited.is_err(), "{waited:?}");
    let head = String::from_utf8(received).unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn a_reset_fault_resets_the_connection() {
    let app = App::start().await;
    app.emulator.fault(Endpoint::Discovery, Fault::Reset);
    let error = request_metadata(&app).await.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_truncated_response_is_half_of_what_it_declares() {
    let app = App::start().await;
    app.emulator.fault(Endpoint::Discovery, Fault::Truncate);
    let url = app.tenant_url("v2.0/.well-known/openid-configuration");
    let response = app.get(&url).await;
    assert!(response.content_length().unwrap() > 0);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_drip_waits_before_each_byte() {
    let app = App::start().await;
    let interval = Duration::from_millis(20);
    let start = Instant::now();
    app.emulator.fault(Endpoint::Other, Fault::Drip(interval));
    let body = app.get(&app.url("x")).await.bytes().await.unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        json!({ "error": "not_found" })
    );
    assert!(start.elapsed() >= interval * u32::try_from(body.len()).unwrap());
}

#[tokio::test]
async fn a_flood_declares_its_length_on_request() {
    let app = App::start().await;
    let bytes = 3_000_001;
    for declared in [true, false] {
        app.emulator
            .fault(Endpoint::Keys, Fault::Flood { bytes, declared });
        let response = app.get(&app.tenant_url("discovery/v2.0/keys")).await;
        assert_eq!(response.headers().contains_key("content-length"), declared);
        assert_eq!(response.bytes().await.unwrap().len(), bytes);
    }
}

#[tokio::test]
async fn concurrent_requests_to_an_endpoint_are_counted() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let mut connections = vec![
        request_metadata(&app).await,
        request_metadata(&app).await,
        request_metadata(&app).await,
    ];
    for connection in &mut connections {
        connection.read_u8().await.unwrap();
    }
    assert_eq!(app.emulator.peak_concurrency(Endpoint::Discovery), 3);
    assert_eq!(app.emulator.peak_concurrency(Endpoint::Keys), 0);
}

#[tokio::test]
async fn a_stopped_emulator_refuses_connections_and_can_restart_on_its_port() {
    let app = App::start().await;
    let (port, url) = (app.emulator.port(), app.url("v1.0/me"));
    app.emulator.stop().await;
    assert!(app.http.get(&url).send().await.unwrap_err().is_connect());
    let options = Options {
        port,
        ..Options::default()
    };
    let _again = Emulator::start(options).await.unwrap();
    assert_eq!(client().get(&url).send().await.unwrap().status(), 401);
}
