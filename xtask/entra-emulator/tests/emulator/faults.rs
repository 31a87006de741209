//! Faults in the content of a response.

use std::sync::Arc;

use entra_emulator::{Endpoint, Fault, Reply};
use serde_json::{Value, json};

use crate::support::{App, callback};

#[tokio::test]
async fn a_response_can_be_replaced_verbatim() {
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
async fn json_and_text_of_a_response_can_be_edited() {
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
async fn an_edit_gets_the_whole_reply() {
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
async fn a_limited_fault_ends_after_the_given_number_of_requests() {
    let app = App::start().await;
    let fault = Fault::Reply(Reply::json(500, &Value::Null));
    app.emulator.fault_times(Endpoint::Keys, fault, 2);
    for expected in [500, 500, 200, 200] {
        let response = app.get(&app.tenant_url("discovery/v2.0/keys")).await;
        assert_eq!(response.status(), expected);
    }
}

#[tokio::test]
async fn end_misbehaviour_ends_all_faults() {
    let app = App::start().await;
    app.emulator
        .fault(Endpoint::Discovery, Fault::HangBeforeHeaders);
    app.emulator.edit_callback(Vec::clear);
    app.emulator.set_clock_offset(-86400);
    app.emulator.end_misbehaviour();
    assert!(app.metadata().await["issuer"].is_string());
    app.tokens().await;
}

#[tokio::test]
async fn the_callback_can_have_any_parameters() {
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
