//! The one handler: records the request, lets its endpoint answer, and sends that, faults included.

use std::future::pending;
use std::io;
use std::sync::Arc;

use salvo::conn::ConnCtrl;
use salvo::prelude::{Request, Response, Router, Server, handler};
use tokio::net::TcpListener;

use crate::delivery::{self, Presence};
use crate::endpoints;
use crate::fault::Fault;
use crate::provider::Provider;
use crate::reply::Reply;
use crate::request::ReceivedRequest;
use crate::transport::ResettableAcceptor;

/// Enough for any form of an app; the body of a larger request is not read.
const BODY_LIMIT: usize = 1 << 20;

/// Serves until the future is dropped, which closes every connection.
pub(crate) async fn serve(listener: TcpListener, provider: Arc<Provider>) -> io::Result<()> {
    let site = Site(provider);
    let router = Router::new().push(Router::with_path("{**path}").goal(site));
    let server = Server::new(ResettableAcceptor::new(listener)?).disable_fuse();
    server.try_serve(router).await
}

struct Site(Arc<Provider>);

#[handler]
impl Site {
    async fn handle(&self, request: &mut Request, response: &mut Response) {
        let provider = &self.0;
        let received = receive(request).await;
        let endpoint = received.endpoint;
        provider.changing().requests.push(received.clone());
        let presence = Presence::enter(Arc::clone(provider), endpoint);
        let fault = provider.next_fault(endpoint);
        let reply = match &fault {
            Some(Fault::Reply(reply)) => reply.clone(),
            Some(Fault::Edit(edit)) => edit(endpoints::answer(provider, &received)),
            Some(Fault::HangBeforeHeaders) => pending().await,
            Some(Fault::Reset) => {
                abort(request);
                pending().await
            }
            Some(Fault::Flood { .. }) => Reply::new(200, "application/json", ""),
            _ => endpoints::answer(provider, &received),
        };
        delivery::deliver(response, reply, fault, presence).await;
    }
}

async fn receive(request: &mut Request) -> ReceivedRequest {
    let body = request.payload_with_max_size(BODY_LIMIT).await;
    let body = body.map(|bytes| bytes.to_vec()).unwrap_or_default();
    ReceivedRequest::new(
        request.method().as_str(),
        request.uri(),
        request.headers(),
        &body,
    )
}

/// Ends the connection, and with it the future that called.
fn abort(request: &Request) {
    if let Some(connection) = request.extensions().get::<ConnCtrl>() {
        connection.abort();
    }
}
