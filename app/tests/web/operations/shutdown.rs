//! Graceful shutdown.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::Server;
use crate::feature::{FIELDS, FORM, TABLE};
use harness::raw::Connection;
use harness::{Process, TIMEOUT, eventually};

/// Well below `SHUTDOWN_GRACE`, which is 20 s.
const EXIT_TIMEOUT: Duration = Duration::from_secs(15);

const REQUEST: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn request_in_flight_is_finished(signal: &str) {
    let server = Server::create().await;
    let settings = [("DATABASE_URL", server.url()), ("DATABASE_TIMEOUT", "30s")];
    let mut process = Process::serve_ready(&settings).await;
    let lock = server.lock(TABLE).await;
    let visitor = process.visitor();
    let reading = tokio::spawn(async move { visitor.get("/").await });
    let visitor = process.visitor();
    let writing = tokio::spawn(async move { visitor.post(FORM, &FIELDS).await });
    eventually("both requests wait", TIMEOUT, async || {
        (server.waiting().await == 2).then_some(())
    })
    .await;
    process.signal(signal);
    process.wait_for_log("shutting down").await;
    lock.rollback().await.expect("unlocked");
    assert_eq!(reading.await.expect("a response").status.as_u16(), 200);
    assert_eq!(writing.await.expect("a response").status.as_u16(), 303);
    let status = process.exit(EXIT_TIMEOUT).await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        server
            .number(&format!("SELECT count(*) FROM {TABLE}"))
            .await,
        1
    );
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sigterm_lets_requests_in_flight_finish() {
    request_in_flight_is_finished("TERM").await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn sigint_lets_requests_in_flight_finish() {
    request_in_flight_is_finished("INT").await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn new_connections_are_refused_during_shutdown() {
    let server = Server::create().await;
    let settings = [("DATABASE_URL", server.url()), ("DATABASE_TIMEOUT", "30s")];
    let mut process = Process::serve_ready(&settings).await;
    let lock = server.lock(TABLE).await;
    let visitor = process.visitor();
    let reading = tokio::spawn(async move { visitor.get("/").await });
    eventually("the request waits", TIMEOUT, async || {
        (server.waiting().await == 1).then_some(())
    })
    .await;
    process.signal("TERM");
    let address = process.url.strip_prefix("http://").expect("an address");
    eventually("others are refused", EXIT_TIMEOUT, async || {
        TcpStream::connect(address).await.err()
    })
    .await;
    lock.rollback().await.expect("unlocked");
    assert_eq!(reading.await.expect("a response").status.as_u16(), 200);
    assert_eq!(process.exit(EXIT_TIMEOUT).await.code(), Some(0));
}

#[tokio::test]
async fn idle_and_slow_connections_do_not_delay_shutdown() {
    let mut process = Process::serve_ready(&[("SHUTDOWN_GRACE", "20s")]).await;
    let mut idle = Connection::open(&process.url).await;
    idle.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!(idle.response().await.body, "alive");
    let mut unused = Connection::open(&process.url).await;
    process.signal("TERM");
    assert_eq!(process.exit(EXIT_TIMEOUT).await.code(), Some(0));
    assert!(idle.end().await.is_empty());
    unused.end().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_endless_request_is_aborted_after_the_shutdown_grace() {
    let server = Server::create().await;
    let settings = [
        ("DATABASE_URL", server.url()),
        ("SHUTDOWN_GRACE", "1s"),
        ("DATABASE_TIMEOUT", "1m"),
        ("REQUEST_HEAD_TIMEOUT", "1m"),
    ];
    let mut process = Process::serve_ready(&settings).await;
    let _lock = server.lock(TABLE).await;
    let visitor = process.visitor();
    let hanging = tokio::spawn(async move {
        let request = visitor.request(reqwest::Method::GET, "/");
        request.send().await.is_err()
    });
    let mut slow = Connection::open(&process.url).await;
    slow.send("GET / HTTP/1.1\r\nX-Slow: ").await;
    eventually("the request waits", TIMEOUT, async || {
        (server.waiting().await == 1).then_some(())
    })
    .await;
    let started = Instant::now();
    process.signal("TERM");
    assert_eq!(process.exit(EXIT_TIMEOUT).await.code(), Some(0));
    assert!(
        started.elapsed() >= Duration::from_millis(900),
        "{:?}",
        started.elapsed()
    );
    assert!(hanging.await.expect("an end"), "the request was cut off");
}

#[tokio::test]
async fn queued_connections_are_served_during_shutdown() {
    let mut process = Process::serve_ready(&[]).await;
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = Connection::open(&process.url).await;
        connection.send(REQUEST).await;
        connections.push(connection);
    }
    process.signal("TERM");
    for connection in &mut connections {
        assert_eq!(connection.response().await.status.as_u16(), 200);
    }
    assert_eq!(process.exit(EXIT_TIMEOUT).await.code(), Some(0));
}

#[tokio::test]
async fn new_clients_do_not_delay_shutdown() {
    let mut process = Process::serve_ready(&[]).await;
    let address = process
        .url
        .strip_prefix("http://")
        .expect("an address")
        .to_owned();
    let coming = tokio::spawn(async move {
        let mut often = tokio::time::interval(Duration::from_millis(5));
        while let Ok(mut connection) = TcpStream::connect(&address).await {
            // Each is refused or closed.
            let _ = connection.write_all(REQUEST.as_bytes()).await;
            often.tick().await;
        }
    });
    process.signal("TERM");
    assert_eq!(process.exit(EXIT_TIMEOUT).await.code(), Some(0));
    coming.await.expect("nobody listens any more");
}

#[tokio::test]
async fn after_shutdown_connections_are_refused() {
    let mut process = Process::serve_ready(&[]).await;
    process.signal("TERM");
    process.exit(EXIT_TIMEOUT).await;
    let address = process.url.strip_prefix("http://").expect("an address");
    assert!(TcpStream::connect(address).await.is_err());
}
