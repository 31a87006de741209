//! The floor of `cargo xtask bench`: the least work that `GET /` can be. One prepared statement on a
//! pipelined connection, whose rows are read, and the bytes of a finished page without compression.
//!
//! Usage: `bench-floor ADDRESS DATABASE_URL PAGE_FILE QUERY`.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_postgres::{Client, NoTls, Statement};

/// Connections to the database: the default of the site's pool.
const CONNECTIONS: usize = 8;

struct Floor {
    connections: Vec<(Client, Statement)>,
    next: AtomicUsize,
    page: Bytes,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |name: &'static str| arguments.next().context(name);
    let address = argument("ADDRESS is missing")?;
    let database_url = argument("DATABASE_URL is missing")?;
    let page = std::fs::read(argument("PAGE_FILE is missing")?)?;
    let query = argument("QUERY is missing")?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(connect(&database_url, &query).await?);
    }
    let floor = Arc::new(Floor {
        connections,
        next: AtomicUsize::new(0),
        page: page.into(),
    });
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let floor = floor.clone();
        tokio::spawn(async move {
            let service = service_fn(|_| floor.response());
            // A client that hangs up is no error of the benchmark.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn connect(database_url: &str, query: &str) -> anyhow::Result<(Client, Statement)> {
    let (client, connection) = tokio_postgres::connect(database_url, NoTls).await?;
    tokio::spawn(connection);
    let statement = client.prepare(query).await?;
    Ok((client, statement))
}

impl Floor {
    async fn response(&self) -> Result<Response<Full<Bytes>>, Infallible> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        let (client, statement) = &self.connections[turn];
        let mut response = Response::new(Full::new(self.page.clone()));
        match client.query(statement, &[]).await {
            Ok(_) => {
                let html = "text/html; charset=utf-8".parse().expect("a header value");
                response.headers_mut().insert(CONTENT_TYPE, html);
            }
            Err(_) => *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
        }
        Ok(response)
    }
}
