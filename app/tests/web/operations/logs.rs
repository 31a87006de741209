//! The log: one JSON object a line, one line a request, and nothing that a visitor typed.

use reqwest::Method;

use crate::feature::{FIELDS, FORM};
use harness::raw::{self, exchange};
use harness::{Process, TIMEOUT, eventually, run_app};

const COMPLETED: &str = "request completed";

/// The line of the request with this id.
async fn line_of(process: &Process, id: &str) -> serde_json::Value {
    let lines = eventually("the request's line", TIMEOUT, async || {
        let log = process.log();
        let lines: Vec<_> = log
            .into_iter()
            .filter(|line| line["message"] == COMPLETED && line.to_string().contains(id))
            .collect();
        (!lines.is_empty()).then_some(lines)
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].clone()
}

#[tokio::test]
async fn every_request_is_one_log_line_with_the_id_of_its_response() {
    let process = Process::serve_ready(&[]).await;
    let visitor = process.visitor();
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::HEAD, "/", 200),
        (Method::GET, "/nothing", 404),
        (Method::DELETE, "/", 405),
        (Method::POST, FORM, 415),
        (Method::GET, "/auth/login", 501),
    ] {
        let response = visitor.send(visitor.request(method.clone(), path)).await;
        let line = line_of(&process, response.header("x-request-id")).await;
        assert_eq!(line["method"], method.as_str());
        assert_eq!(line["path"], path);
        assert_eq!(line["status"], status);
        assert_eq!(line["level"], "INFO");
        assert!(line["duration_ms"].is_f64(), "{line}");
    }
    let completed = process
        .log()
        .iter()
        .filter(|line| line["message"] == COMPLETED)
        .count();
    assert_eq!(completed, 6);
}

#[tokio::test]
async fn what_a_visitor_types_or_sends_is_not_logged() {
    let process = Process::serve_ready(&[("RUST_LOG", "debug")]).await;
    let visitor = process.visitor();
    let first = FIELDS[0].0;
    let mut fields = FIELDS;
    fields[0].1 = "swordfish";
    visitor.post(FORM, &fields).await;
    visitor.post(FORM, &[(first, "swordfish")]).await;
    visitor.post_body(FORM, "swordfish=%ff&").await;
    visitor.get("/?q=swordfish").await;
    let request = visitor.request(Method::GET, "/?after=swordfish");
    let request = request
        .header("Cookie", "session=swordfish")
        .header("Authorization", "Bearer swordfish")
        .header("User-Agent", "swordfish");
    let last = visitor.send(request).await;
    line_of(&process, last.header("x-request-id")).await;
    let log = process.log_lines().join("\n");
    assert!(!log.contains("swordfish"), "{log}");
}

#[tokio::test]
async fn a_request_path_cannot_forge_a_log_line() {
    let process = Process::serve_ready(&[]).await;
    for target in [
        "/a%0d%0a{\"level\":\"INFO\",\"message\":\"forged\"}",
        "/a%0A%22,%22message%22:%22forged",
        "/\",\"message\":\"forged",
        "/%1b[2Jforged",
    ] {
        let response = exchange(&process.url, raw::head("GET", target, "")).await;
        assert!(matches!(response.status.as_u16(), 400 | 404), "{target}");
    }
    let last = process.visitor().get("/").await;
    line_of(&process, last.header("x-request-id")).await;
    assert!(process.log().iter().all(|line| line["message"] != "forged"));
}

#[tokio::test]
async fn a_client_cannot_choose_the_id_of_its_request() {
    let process = Process::serve_ready(&[]).await;
    let request = process
        .visitor()
        .request(Method::GET, "/")
        .header("X-Request-Id", "chosen");
    let response = process.visitor().send(request).await;
    assert_ne!(response.header("x-request-id"), "chosen");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_internal_error_is_one_log_line_with_its_cause_and_the_request_id() {
    use super::Server;
    use crate::feature::TABLE;
    use sea_orm::ConnectionTrait as _;

    let server = Server::create().await;
    let process = Process::serve_ready(&[("DATABASE_URL", server.url())]).await;
    let rename = format!("ALTER TABLE {TABLE} RENAME TO lost");
    server
        .db
        .execute_unprepared(&rename)
        .await
        .expect("renamed");
    let response = process.visitor().get("/").await;
    assert_eq!(response.status.as_u16(), 500);
    let id = response.header("x-request-id");
    line_of(&process, id).await;
    let faults: Vec<_> = process
        .log()
        .into_iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].to_string().contains(id), "{}", faults[0]);
    assert!(
        faults[0]["cause"]
            .as_str()
            .expect("a cause")
            .contains("does not exist"),
        "{}",
        faults[0]
    );
}

#[tokio::test]
async fn the_text_log_format_is_human_readable() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let settings = [
        ("LOG_FORMAT", "text"),
        ("PORT", &port),
        ("DATABASE_URL", "sqlite://a.db"),
        ("DBNAME", "b"),
    ];
    let output = run_app(&["serve"], &settings).await;
    let log = String::from_utf8_lossy(&output.stdout);
    let line = log
        .lines()
        .find(|line| line.contains("DBNAME"))
        .expect("a warning");
    assert!(line.contains(" WARN ") && !line.starts_with('{'), "{line}");
}

#[tokio::test]
async fn requests_for_static_files_are_logged_at_debug_level_only() {
    for (filter, expected) in [("info", 0), ("debug", 1)] {
        let process = Process::serve_ready(&[("RUST_LOG", filter)]).await;
        let visitor = process.visitor();
        let page = visitor.get("/").await;
        let (_, style_sheet) = page.body.split_once("/static/").expect("a style sheet");
        let style_sheet = style_sheet.split('"').next().expect("its name");
        let style_sheet = format!("/static/{style_sheet}");
        assert_eq!(visitor.get(&style_sheet).await.status.as_u16(), 200);
        let last = visitor.get("/nothing").await;
        line_of(&process, last.header("x-request-id")).await;
        let log = process.log();
        let lines = log.iter().filter(|line| line["path"] == *style_sheet);
        assert_eq!(lines.count(), expected, "{filter}");
    }
}
