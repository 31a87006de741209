//! Each fault, seen from the client's side of the connection.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use entra_emulator::{Emulator, Endpoint, Fault, Options, Reply};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{App, callback, client};

/// Long enough for an answer over loopback, short enough to wait for in vain.
const PATIENCE: Duration = Duration::from_millis(300);

/// Sends a request for the metadata and returns the open connection.
async fn ask(app: &App) -> TcpStream {
    let address = ("127.0.0.1", app.emulator.port());
    let mut connection = TcpStream::connect(address).await.unwrap();
    let path = app.tenant_url("v2.0/.well-known/openid-configuration");
    let path = path.trim_start_matches(app.emulator.base_url());
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

#[tokio::test]
async fn an_answer_can_be_replaced_verbatim() {
    let app = App::start().await;
    let reply = Reply::new(429, "text/html", "<h1>no</h1>").header("Retry-After", "3600");
    app.emulator.fault(Endpoint::Graph, Fault::Reply(reply));
    let response = app.get(&app.url("v1.0/me")).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "3600");
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.text().await.unwrap(), "<h1>no</h1>");
}

#[tokio::test]
async fn an_empty_error_stays_empty() {
    let app = App::start().await;
    let reply = Reply::new(503, "application/json", "");
    app.emulator.fault(Endpoint::Keys, Fault::Reply(reply));
    let response = app.get(&app.tenant_url("discovery/v2.0/keys")).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn json_and_text_of_an_answer_can_be_edited() {
    let app = App::start().await;
    let edit = |metadata: &mut Value| metadata["issuer"] = json!("https://evil.example");
    app.emulator
        .fault(Endpoint::Discovery, Fault::edit_json(edit));
    assert_eq!(app.metadata().await["issuer"], "https://evil.example");
    let twice = |text: String| text.replacen('{', "{\"keys\":null,", 1);
    app.emulator.fault(Endpoint::Keys, Fault::edit_text(twice));
    let keys = app.get(&app.tenant_url("discovery/v2.0/keys")).await;
    assert_eq!(keys.text().await.unwrap().matches("\"keys\"").count(), 2);
}

#[tokio::test]
async fn an_edit_sees_the_whole_reply() {
    let app = App::start().await;
    let edit = |reply: Reply| Reply {
        status: 201,
        ..reply.header("X-Extra", "1")
    };
    app.emulator
        .fault(Endpoint::Discovery, Fault::Edit(Arc::new(edit)));
    let url = app.tenant_url("v2.0/.well-known/openid-configuration");
    let response = app.get(&url).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-extra"]),
        (201, &"1".parse().unwrap())
    );
}

#[tokio::test]
async fn a_redirect_leads_to_another_emulator() {
    let (app, other) = (App::start().await, App::start().await);
    let reply = Reply::redirect(307, &other.url("stolen"));
    app.emulator.fault(Endpoint::Token, Fault::Reply(reply));
    let response = app.redeem(&app.exchange("code")).await;
    let location = response.headers()["location"].to_str().unwrap();
    other.get(location).await;
    assert_eq!(other.emulator.requests_to(Endpoint::Other).len(), 1);
}

#[tokio::test]
async fn a_limited_fault_wears_off() {
    let app = App::start().await;
    let fault = Fault::Reply(Reply::json(500, &Value::Null));
    app.emulator.fault_times(Endpoint::Keys, fault, 2);
    for expected in [500, 500, 200, 200] {
        let response = app.get(&app.tenant_url("discovery/v2.0/keys")).await;
        assert_eq!(response.status(), expected);
    }
}

#[tokio::test]
async fn good_behaviour_returns() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangBeforeHeaders);
    app.emulator.edit_callback(Vec::clear);
    app.emulator.set_clock_offset(-86400);
    app.emulator.behave();
    assert!(app.metadata().await["issuer"].is_string());
    app.tokens().await;
}

#[tokio::test]
async fn a_late_answer_is_whole() {
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
    let mut connection = ask(&app).await;
    let waited = timeout(PATIENCE, connection.read_u8()).await;
    assert!(waited.is_err(), "{waited:?}");
    assert_eq!(app.emulator.requests_to(Endpoint::Discovery).len(), 1);
}

#[tokio::test]
async fn a_hang_after_the_headers_sends_them_alone() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let mut received = Vec::new();
    let mut connection = ask(&app).await;
    let waited = timeout(PATIENCE, connection.read_to_end(&mut received)).await;
    assert!(waited.is_err(), "{waited:?}");
    let head = String::from_utf8(received).unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let app = App::start().await;
    app.emulator.fault(Endpoint::Discovery, Fault::Reset);
    let error = ask(&app).await.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_truncated_answer_is_half_of_what_it_declares() {
    let app = App::start().await;
    app.emulator.fault(Endpoint::Discovery, Fault::Truncate);
    let url = app.tenant_url("v2.0/.well-known/openid-configuration");
    let response = app.get(&url).await;
    assert!(response.content_length().unwrap() > 0);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_drip_takes_its_time_for_each_byte() {
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
async fn a_flood_has_its_length_declared_or_not() {
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
async fn the_way_back_can_carry_anything() {
    let app = App::start().await;
    app.emulator.edit_callback(|parameters| {
        parameters.push(("state".to_owned(), "another".to_owned()));
        parameters.push(("iss".to_owned(), "https://evil.example".to_owned()));
    });
    let response = app.get(&app.authorize_url(&app.authorization())).await;
    let location = response.headers()["location"].to_str().unwrap();
    assert_eq!(
        location.matches("state=").count(),
        3,
        "session_state, state, state: {location}"
    );
    assert_eq!(callback(&response).unwrap()["iss"], "https://evil.example");
}

#[tokio::test]
async fn the_crowd_at_an_endpoint_is_counted() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangAfterHeaders);
    let mut connections = vec![ask(&app).await, ask(&app).await, ask(&app).await];
    for connection in &mut connections {
        connection.read_u8().await.unwrap();
    }
    assert_eq!(app.emulator.most_at_once(Endpoint::Discovery), 3);
    assert_eq!(app.emulator.most_at_once(Endpoint::Keys), 0);
}

#[tokio::test]
async fn a_stopped_emulator_refuses_and_can_come_back_on_its_port() {
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
