//! HTTP requests as bytes.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::visitor::Response;
use super::wait::TIMEOUT;

/// The length of a response without a body.
static NOTHING: HeaderValue = HeaderValue::from_static("0");

/// A connection to the site.
pub struct Connection(TcpStream);

/// Sends these bytes on a new connection and reads the response.
pub async fn exchange(url: &str, request: impl AsRef<[u8]>) -> Response {
    let mut connection = Connection::open(url).await;
    connection.send(request).await;
    connection.response().await
}

/// A request without a body, after which the connection ends.
pub fn head(method: &str, target: &str, headers: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
}

impl Connection {
    pub async fn open(url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("an http URL");
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("sent");
    }

    /// Fails when the site has closed the connection.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.write_all(bytes.as_ref()).await
    }

    /// Says that nothing more will be sent.
    pub async fn finish_sending(&mut self) {
        self.0.shutdown().await.expect("an open connection");
    }

    /// Reads one response; the body has the length of `Content-Length`, or ends with the connection.
    pub async fn response(&mut self) -> Response {
        timeout(TIMEOUT, self.read_response())
            .await
            .expect("a response in time")
            .expect("a response")
    }

    /// Waits until the site closes the connection and returns what it sent before.
    pub async fn end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let reading = timeout(TIMEOUT, self.0.read_to_end(&mut rest)).await;
        // A reset is an end too.
        let _ = reading.expect("the connection is closed in time");
        rest
    }

    async fn read_response(&mut self) -> Option<Response> {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(end) = find(&bytes, b"\r\n\r\n") {
                break end;
            }
            self.read_more(&mut bytes).await?;
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).expect("a head of text");
        let (status, headers) = parse_head(&head);
        let length = headers
            .get("content-length")
            .or(status.is_informational().then_some(&NOTHING));
        let length = length.map(parse_length);
        let mut body = bytes.split_off(head_end + 4);
        while length.is_none_or(|length| body.len() < length) {
            if self.read_more(&mut body).await.is_none() {
                break;
            }
        }
        Some(Response {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    async fn read_more(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut buffer = [0; 4096];
        let count = self.0.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        (count > 0).then_some(())
    }
}

fn parse_head(head: &str) -> (StatusCode, HeaderMap) {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.expect("a status").parse().expect("a status");
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").expect("a header");
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        (name, HeaderValue::from_str(value).expect("a value"))
    });
    (status, headers.collect())
}

fn parse_length(length: &HeaderValue) -> usize {
    let length = length.to_str().expect("a text");
    length.parse().expect("a length")
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
