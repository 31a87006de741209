//! More requests than the site can process, and clients that keep idle connections.

use std::time::{Duration, Instant};

use super::Server;
use crate::feature::{FIELDS, FORM, TABLE};
use harness::raw::Connection;
use harness::{Backend, Process, Site, TIMEOUT, eventually};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn requests_over_capacity_get_503_at_once() {
    let server = Server::create().await;
    let settings = [
        ("DATABASE_URL", server.url()),
        ("MAX_CONCURRENT_REQUESTS", "2"),
        ("DATABASE_TIMEOUT", "30s"),
    ];
    let process = Process::serve_ready(&settings).await;
    let lock = server.lock(TABLE).await;
    let working: Vec<_> = (0..2)
        .map(|_| {
            let visitor = process.visitor();
            tokio::spawn(async move { visitor.get("/").await.status.as_u16() })
        })
        .collect();
    eventually("two requests are worked on", TIMEOUT, async || {
        (server.waiting().await == 2).then_some(())
    })
    .await;
    let visitor = process.visitor();
    for _ in 0..20 {
        let started = Instant::now();
        let response = visitor.get("/").await;
        assert_eq!(response.status.as_u16(), 503);
        assert!(!response.header("retry-after").is_empty());
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }
    assert_eq!(visitor.get("/livez").await.status.as_u16(), 200);
    assert_eq!(visitor.get("/readyz").await.status.as_u16(), 200);
    lock.rollback().await.expect("unlocked");
    for request in working {
        assert_eq!(request.await.expect("a response"), 200);
    }
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
}

#[tokio::test]
async fn slow_bodies_do_not_use_up_the_capacity() {
    let site = Site::start_with(Backend::Sqlite, &["--max-concurrent-requests=2"]).await;
    let body = serde_urlencoded::to_string(FIELDS).expect("text");
    let head = format!(
        "POST {FORM} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        body.len()
    );
    let mut slow = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::open(&site.url).await;
        connection.send(&head).await;
        assert_eq!(
            connection.response().await.status.as_u16(),
            100,
            "the body is waited for"
        );
        slow.push(connection);
    }
    assert_eq!(site.visitor().get("/").await.status.as_u16(), 200);
    for connection in &mut slow {
        connection.send(&body).await;
        assert_eq!(connection.response().await.status.as_u16(), 303);
    }
}

#[tokio::test]
async fn a_stalled_or_slow_request_head_times_out() {
    let site = Site::start_with(Backend::Sqlite, &["--request-head-timeout=300ms"]).await;
    for beginning in [
        "",
        "G",
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ] {
        let mut connection = Connection::open(&site.url).await;
        connection.send(beginning).await;
        connection.end().await;
    }
    let mut trickling = Connection::open(&site.url).await;
    trickling.send("GET / HTTP/1.1\r\nX-Slow: ").await;
    let started = Instant::now();
    while trickling.try_send("x").await.is_ok() {
        assert!(started.elapsed() < TIMEOUT, "a trickling head is given up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn many_idle_connections_do_not_block_other_clients() {
    let site = Site::start_with(Backend::Sqlite, &["--shutdown-grace=1s"]).await;
    let mut connections = Vec::new();
    for _ in 0..300 {
        let mut connection = Connection::open(&site.url).await;
        connection.send("GET / HTTP/1.1\r\nX-Slow: ").await;
        connections.push(connection);
    }
    for _ in 0..5 {
        assert_eq!(site.visitor().get("/").await.status.as_u16(), 200);
    }
    let started = Instant::now();
    site.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let site = Site::start(Backend::Sqlite).await;
    let mut connection = Connection::open(&site.url).await;
    for _ in 0..3 {
        connection
            .send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        assert_eq!(connection.response().await.body, "alive");
    }
}
