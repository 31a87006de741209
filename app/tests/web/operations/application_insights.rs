//! Export to Application Insights: its content, and that a failing export never delays a request.

use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use super::Server;
use crate::feature::TABLE;
use harness::ingestion::{Ingestion, KEY, connection_string};
use harness::{Process, run_app};

const SETTING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";

/// Well below `SHUTDOWN_GRACE`, which is 20 s.
const EXIT_TIMEOUT: Duration = Duration::from_secs(8);

/// All telemetry has been sent when the process has exited.
async fn end(mut process: Process) -> Vec<Value> {
    process.signal("TERM");
    assert_eq!(process.exit(EXIT_TIMEOUT).await.code(), Some(0));
    process.log()
}

fn only(items: &[Value]) -> Value {
    assert_eq!(items.len(), 1, "{items:?}");
    items[0]["data"]["baseData"].clone()
}

#[tokio::test]
async fn a_request_is_an_operation_with_the_id_of_its_response_and_its_log_line() {
    let ingestion = Ingestion::start().await;
    let connection = ingestion.connection_string();
    let process = Process::serve_ready(&[(SETTING, &connection)]).await;
    let response = process.visitor().get("/?q=swordfish").await;
    let id = response.header("x-request-id").to_owned();
    let log = end(process).await;
    let request = only(&ingestion.items_of_request("Request", &id));
    assert_eq!(request["name"], "GET /", "{request}");
    assert_eq!(request["url"], "/");
    assert_eq!(request["responseCode"], "200");
    assert_eq!(request["success"], true);
    let lines = log.iter().filter(|line| line.to_string().contains(&id));
    assert_eq!(lines.count(), 1, "{log:?}");
    let telemetry = format!("{:?}", ingestion.items());
    assert!(!telemetry.contains("swordfish"), "{telemetry}");
}

#[tokio::test]
async fn database_calls_are_dependencies_of_their_request() {
    let ingestion = Ingestion::start().await;
    let connection = ingestion.connection_string();
    let process = Process::serve_ready(&[(SETTING, &connection)]).await;
    let response = process.visitor().get("/").await;
    let id = response.header("x-request-id").to_owned();
    end(process).await;
    let request = only(&ingestion.items_of_request("Request", &id));
    let calls = ingestion.items_of_request("RemoteDependency", &id);
    assert!(!calls.is_empty());
    for call in calls {
        assert_eq!(call["data"]["baseData"]["type"], "sqlite", "{call}");
        assert_eq!(call["tags"]["ai.operation.parentId"], request["id"]);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_internal_error_is_an_exception_of_its_request() {
    let server = Server::create().await;
    let ingestion = Ingestion::start().await;
    let connection = ingestion.connection_string();
    let settings = [("DATABASE_URL", server.url()), (SETTING, &*connection)];
    let process = Process::serve_ready(&settings).await;
    let rename = format!("ALTER TABLE {TABLE} RENAME TO lost");
    let renamed = server.db.execute_unprepared(&rename).await;
    renamed.expect("renamed");
    let response = process.visitor().get("/").await;
    assert_eq!(response.status.as_u16(), 500);
    let id = response.header("x-request-id").to_owned();
    end(process).await;
    let exception = only(&ingestion.items_of_request("Exception", &id));
    let message = exception["exceptions"][0]["message"].as_str();
    let message = message.expect("a message");
    assert!(message.contains("does not exist"), "{message}");
    let request = only(&ingestion.items_of_request("Request", &id));
    assert_eq!(request["success"], false);
    assert_eq!(request["responseCode"], "500");
}

#[tokio::test]
async fn the_durations_of_requests_are_a_metric() {
    let ingestion = Ingestion::start().await;
    let connection = ingestion.connection_string();
    let process = Process::serve_ready(&[(SETTING, &connection)]).await;
    for _ in 0..3 {
        process.visitor().get("/livez").await;
    }
    end(process).await;
    let items = ingestion.items();
    let points = items.iter().filter_map(|item| {
        let data = &item["data"]["baseData"];
        let is_livez = data["properties"]["http.route"] == "/livez";
        data["metrics"].get(0).filter(|_| is_livez)
    });
    let points: Vec<_> = points.collect();
    assert_eq!(points.len(), 1, "{items:?}");
    assert_eq!(points[0]["name"], "http.server.request.duration");
    assert_eq!(points[0]["count"], 3);
}

#[tokio::test]
async fn an_unresponsive_ingestion_endpoint_delays_neither_responses_nor_shutdown() {
    let unresponsive = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let connection = connection_string(unresponsive.local_addr().expect("an address").port());
    let settings = [(SETTING, &*connection), ("SHUTDOWN_GRACE", "10m")];
    let process = Process::serve_ready(&settings).await;
    for _ in 0..20 {
        let started = Instant::now();
        assert_eq!(process.visitor().get("/").await.status.as_u16(), 200);
        assert!(started.elapsed() < Duration::from_secs(2));
    }
    let log = end(process).await;
    let given_up = "failed to send the remaining telemetry in time";
    assert!(log.iter().any(|line| line["message"] == given_up));
}

#[tokio::test]
async fn the_connection_string_is_checked_at_startup_and_never_shown() {
    let output = run_app(&[], &[(SETTING, "swordfish")]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains(SETTING), "{message}");
    assert!(!message.contains("swordfish"), "{message}");

    let ingestion = Ingestion::start().await;
    let connection = ingestion.connection_string();
    let settings = [(SETTING, &*connection), ("RUST_LOG", "trace")];
    let process = Process::serve_ready(&settings).await;
    process.visitor().get("/").await;
    let log = format!("{:?}", end(process).await);
    assert!(!ingestion.items().is_empty());
    assert!(!log.contains(KEY), "{log}");
}
