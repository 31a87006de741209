//! An emulator of the Application Insights ingestion endpoint.

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use salvo::conn::tcp::TcpAcceptor;
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Router, Server, async_trait};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// The instrumentation key in the connection string.
pub const KEY: &str = "0badc0de-1111-4222-8333-444444444444";

/// A running ingestion emulator; stopped when it is dropped.
pub struct Ingestion {
    port: u16,
    items: Items,
    serving: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Items(Arc<Mutex<Vec<Value>>>);

impl Ingestion {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let acceptor = TcpAcceptor::try_from(listener).expect("an acceptor");
        let items = Items::default();
        let router = Router::with_path("v2/track").post(items.clone());
        let serving = tokio::spawn(Server::new(acceptor).serve(router));
        Self {
            port,
            items,
            serving,
        }
    }

    pub fn connection_string(&self) -> String {
        connection_string(self.port)
    }

    /// Everything received so far.
    pub fn items(&self) -> Vec<Value> {
        self.items.0.lock().expect("no panic while held").clone()
    }

    /// The received items of this kind, such as `Request`, that belong to the request with this id.
    pub fn items_of_request(&self, kind: &str, id: &str) -> Vec<Value> {
        let mut items = self.items();
        items.retain(|item| item["tags"]["ai.operation.id"] == id);
        items.retain(|item| item["data"]["baseType"] == format!("{kind}Data"));
        items
    }
}

/// The connection string of an ingestion endpoint at this port of this machine.
pub fn connection_string(port: u16) -> String {
    format!("InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{port}/")
}

#[async_trait]
impl Handler for Items {
    async fn handle(
        &self,
        request: &mut Request,
        _: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        let body = request.payload().await.expect("a body");
        let mut text = String::new();
        let mut decoder = GzDecoder::new(&body[..]);
        decoder.read_to_string(&mut text).expect("gzip");
        let received: Vec<Value> = serde_json::from_str(&text).expect("a list");
        let count = received.len();
        self.0.lock().expect("no panic while held").extend(received);
        let result = json!({"itemsReceived": count, "itemsAccepted": count, "errors": []});
        response.body(result.to_string());
    }
}

impl Drop for Ingestion {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
