//! How a reply is sent: at once, or as a fault says.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use salvo::http::{HeaderName, HeaderValue, ResBody, Response, StatusCode};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::fault::{Endpoint, Fault};
use crate::provider::Provider;
use crate::reply::Reply;

const FLOOD_CHUNK: usize = 64 << 10;

type Chunk = io::Result<Vec<u8>>;

/// Writes the reply into the response.
pub(crate) async fn deliver(
    response: &mut Response,
    reply: Reply,
    fault: Option<Fault>,
    presence: Presence,
) {
    write_head(response, &reply);
    let body = reply.body;
    let length = Some(body.len());
    let write = |length, chunks| write_stream(response, length, presence, chunks);
    match fault {
        Some(Fault::HangAfterHeaders) => write(None, stream::pending().boxed()),
        Some(Fault::Truncate) => write(length, half_of(body).boxed()),
        Some(Fault::Drip(interval)) => write(length, drip(body, interval).boxed()),
        Some(Fault::Flood { bytes, declared }) => {
            write(declared.then_some(bytes), white_space(bytes).boxed());
        }
        Some(Fault::Delay(delay)) => {
            sleep(delay).await;
            response.body(ResBody::Once(body.into()));
        }
        _ => {
            response.body(ResBody::Once(body.into()));
        }
    }
}

fn write_head(response: &mut Response, reply: &Reply) {
    let status = StatusCode::from_u16(reply.status).expect("a status has three digits");
    response.status_code(status);
    for (name, value) in &reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name is a token");
        let value =
            HeaderValue::from_bytes(value.as_bytes()).expect("a header's value is one line");
        response.headers_mut().append(name, value);
    }
}

fn write_stream(
    response: &mut Response,
    length: Option<usize>,
    presence: Presence,
    chunks: BoxStream<'static, Chunk>,
) {
    if let Some(length) = length {
        response
            .headers_mut()
            .insert("content-length", length.into());
    }
    let chunks = chunks.inspect(move |_| {
        // The request is present until its body is sent or given up.
        let _ = &presence;
    });
    response.body(ResBody::stream(chunks));
}

fn half_of(mut body: Vec<u8>) -> impl Stream<Item = Chunk> {
    body.truncate(body.len() / 2);
    let cut = stream::once(async {
        // What there is must be on its way before the connection is given up.
        yield_now().await;
        Err(io::Error::other("the rest of the body is withheld"))
    });
    stream::once(async { Ok(body) }).chain(cut)
}

fn drip(body: Vec<u8>, interval: Duration) -> impl Stream<Item = Chunk> {
    stream::iter(body).then(move |byte| async move {
        sleep(interval).await;
        Ok(vec![byte])
    })
}

fn white_space(bytes: usize) -> impl Stream<Item = Chunk> {
    let chunks = (0..bytes).step_by(FLOOD_CHUNK);
    stream::iter(chunks.map(move |sent| Ok(vec![b' '; FLOOD_CHUNK.min(bytes - sent)])))
}

/// Counts a request among those that its endpoint is working on, until dropped.
pub(crate) struct Presence {
    provider: Arc<Provider>,
    endpoint: Endpoint,
}

impl Presence {
    pub(crate) fn enter(provider: Arc<Provider>, endpoint: Endpoint) -> Self {
        let mut changing = provider.changing();
        let crowd = changing.crowds.entry(endpoint).or_default();
        crowd.now += 1;
        crowd.most = crowd.most.max(crowd.now);
        drop(changing);
        Self { provider, endpoint }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut changing = self.provider.changing();
        changing.crowds.entry(self.endpoint).or_default().now -= 1;
    }
}
