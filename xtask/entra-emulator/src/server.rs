//! The HTTP server: records each request, responds to it and applies the endpoint's fault.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Collected, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;

use crate::endpoints;
use crate::fault::{Endpoint, Fault};
use crate::http::{ReceivedRequest, Reply};
use crate::provider::Provider;

/// Largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;
const FLOOD_CHUNK: usize = 64 << 10;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Serves until the future is dropped, which closes every connection.
pub(crate) async fn serve(listener: TcpListener, provider: Arc<Provider>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn(serve_connection(stream, Arc::clone(&provider)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, provider: Arc<Provider>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let reset = Arc::new(Notify::new());
    let service =
        service_fn(|request| Box::pin(handle(Arc::clone(&provider), Arc::clone(&reset), request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // An error here means that the client has closed the connection, or that a fault has cut the body.
        _ = &mut connection => Ok(()),
        // Without linger, closing the socket sends RST instead of FIN.
        () = reset.notified() => connection.into_parts().io.into_inner().set_zero_linger(),
    }
}

async fn handle(
    provider: Arc<Provider>,
    reset: Arc<Notify>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await;
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    let request = ReceivedRequest::new(&head, &body);
    provider.state().requests.push(request.clone());
    let active = ActiveRequest::new(Arc::clone(&provider), request.endpoint);
    let fault = provider.next_fault(request.endpoint);
    let reply = match &fault {
        Some(Fault::Reply(reply)) => reply.clone(),
        Some(Fault::Edit(edit)) => edit(endpoints::respond(&provider, &request)),
        Some(Fault::HangBeforeHeaders) => pending().await,
        Some(Fault::Reset) => {
            reset.notify_one();
            pending().await
        }
        Some(Fault::Flood { .. }) => Reply::new(200, "application/json", ""),
        _ => endpoints::respond(&provider, &request),
    };
    if let Some(Fault::Delay(delay)) = fault {
        sleep(delay).await;
    }
    Ok(response(reply, fault.as_ref(), active))
}

/// The response with the reply's body, or with the body of a fault.
fn response(reply: Reply, fault: Option<&Fault>, active: ActiveRequest) -> Response<Body> {
    let length = Some(reply.body.len());
    let (length, body) = match fault {
        Some(Fault::HangAfterHeaders) => (None, streamed(stream::pending(), active)),
        Some(Fault::Truncate) => (length, streamed(half_of(reply.body), active)),
        Some(Fault::Drip(interval)) => (length, streamed(drip(reply.body, *interval), active)),
        Some(Fault::Flood { bytes, declared }) => (
            declared.then_some(*bytes),
            streamed(whitespace(*bytes), active),
        ),
        _ => {
            let whole = Full::new(reply.body.into()).map_err(|never| match never {});
            (length, whole.boxed_unsync())
        }
    };
    let mut response = Response::builder().status(reply.status);
    if let Some(length) = length {
        response = response.header(CONTENT_LENGTH, length);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response
        .body(body)
        .expect("a valid status and valid headers")
}

/// A body in chunks; the request counts as active until the body is sent or dropped.
fn streamed(
    chunks: impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static,
    active: ActiveRequest,
) -> Body {
    let frames = chunks.map_ok(move |chunk| {
        let _ = &active;
        Frame::data(Bytes::from(chunk))
    });
    StreamBody::new(frames).boxed_unsync()
}

fn half_of(mut body: Vec<u8>) -> impl Stream<Item = io::Result<Vec<u8>>> {
    body.truncate(body.len() / 2);
    let cut = stream::once(async {
        // The first half has to be sent before the error closes the connection.
        yield_now().await;
        Err(io::Error::other("truncated on purpose"))
    });
    stream::once(async { Ok(body) }).chain(cut)
}

fn drip(body: Vec<u8>, interval: Duration) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::iter(body).then(move |byte| async move {
        sleep(interval).await;
        Ok(vec![byte])
    })
}

fn whitespace(bytes: usize) -> impl Stream<Item = io::Result<Vec<u8>>> {
    let chunks = (0..bytes).step_by(FLOOD_CHUNK);
    stream::iter(chunks.map(move |sent| Ok(vec![b' '; FLOOD_CHUNK.min(bytes - sent)])))
}

/// Counts a request among the concurrent ones of its endpoint until it is dropped.
struct ActiveRequest {
    provider: Arc<Provider>,
    endpoint: Endpoint,
}

impl ActiveRequest {
    fn new(provider: Arc<Provider>, endpoint: Endpoint) -> Self {
        let mut state = provider.state();
        let concurrency = state.concurrency.entry(endpoint).or_default();
        concurrency.now += 1;
        concurrency.peak = concurrency.peak.max(concurrency.now);
        drop(state);
        Self { provider, endpoint }
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let mut state = self.provider.state();
        state.concurrency.entry(self.endpoint).or_default().now -= 1;
    }
}
