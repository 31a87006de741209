//! The JSON API of the restaurants.

mod bodies;
mod conditions;
mod credentials;
mod document;
mod idempotency;
mod lists;
mod schemathesis;

use harness::{Response, Visitor};
use reqwest::Method;
use serde_json::{Value, json};

const RESTAURANTS: &str = "/api/restaurants";

fn restaurant(name: &str) -> Value {
    json!({ "restaurant_name": name, "street_address": "1 High Street", "description": "Cakes" })
}

async fn post(visitor: &Visitor, path: &str, body: &Value) -> Response {
    visitor
        .send(visitor.request(Method::POST, path).json(body))
        .await
}

fn parse(response: &Response) -> Value {
    let parsed = serde_json::from_str(&response.body);
    parsed.unwrap_or_else(|error| panic!("{error}: {response:?}"))
}
