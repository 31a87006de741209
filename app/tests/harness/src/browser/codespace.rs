//! The port forwarding of GitHub Codespaces: each port of 127.0.0.1 under a host name of its own, over https.
//!
//! The proxy sets `Host` to `localhost:PORT`, and the forwarded `Origin` to that of `localhost:PORT`; `X-Forwarded-Host` has the
//! name (<https://github.com/symfony/demo/issues/1542>, <https://github.com/vercel/chatbot/issues/384>).

use std::convert::Infallible;
use std::sync::Arc;

use entra_emulator::{Emulator, Options};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue, ORIGIN, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use reqwest::{Client, redirect};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::page::Page;
use super::sign_in::{Visit, settings_with_sign_in};
use super::visit_through;
use crate::sign_in::free_port;

const NAME: &str = "fluffy-fork-4x7";
const DOMAIN: &str = "app.github.dev";

/// The header in which the proxy puts the host of the browser's request.
pub const FORWARDED_HOST: &str = "x-forwarded-host";

/// Runs a test with its own site in a codespace, and a browser.
pub async fn visit_codespace(test: impl AsyncFnOnce(&Page)) {
    let port = free_port();
    let settings = [
        ("PORT", port.to_string()),
        ("BASE_URL", forwarded_origin(port)),
    ];
    let forwarding = PortForwarding::start().await;
    let resolver = forwarding.resolver();
    visit_through(&[&resolver], &settings, &[], async |_, page| {
        test(page).await;
    })
    .await;
}

/// Runs a test with its own site with sign-in in a codespace: the browser reaches the site and the provider through the proxy, and the
/// site reaches the provider on 127.0.0.1 alone.
pub async fn visit_codespace_with_sign_in(test: impl AsyncFnOnce(&Visit<'_>)) {
    let (port, emulator_port) = (free_port(), free_port());
    let options = Options {
        port: emulator_port,
        browser_origin: Some(forwarded_origin(emulator_port)),
        ..Options::default()
    };
    let emulator = Emulator::start(options).await.expect("a provider");
    let origin = forwarded_origin(port);
    let settings = settings_with_sign_in(&emulator, port, &origin);
    let forwarding = PortForwarding::start().await;
    let resolver = forwarding.resolver();
    visit_through(&[&resolver], &settings, &[], async |chromium, page| {
        test(&Visit::new(chromium, page, emulator, origin)).await;
    })
    .await;
}

fn forwarded_origin(port: u16) -> String {
    format!("https://{NAME}-{port}.{DOMAIN}")
}

/// The proxy; it stops when it is dropped.
struct PortForwarding {
    port: u16,
    _serving: JoinSet<()>,
}

impl PortForwarding {
    async fn start() -> Self {
        app::tls::install_crypto_provider();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, acceptor(), client.expect("a client")));
        Self {
            port,
            _serving: serving,
        }
    }

    /// The browser's flag that resolves every forwarded name to this proxy. The other programs of the test do not know the names.
    fn resolver(&self) -> String {
        format!("host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1:{}", self.port)
    }
}

/// A self-signed certificate: the browser of the tests accepts it.
fn acceptor() -> TlsAcceptor {
    let certified = rcgen::generate_simple_self_signed([format!("*.{DOMAIN}")]);
    let certified = certified.expect("a certificate");
    let key = certified.signing_key.serialize_der();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certified.cert.der().clone()],
            key.try_into().expect("a key"),
        );
    TlsAcceptor::from(Arc::new(config.expect("a certificate and its key")))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, client: Client) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve_connection(stream, acceptor.clone(), client.clone()));
    }
}

async fn serve_connection(stream: TcpStream, acceptor: TlsAcceptor, client: Client) {
    // A browser opens connections that it does not use.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(|request| {
        let client = client.clone();
        async move { Ok::<_, Infallible>(forward(request, client).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    drop(connection.await);
}

/// Forwards a request to the port in the name of its host.
async fn forward(request: Request<Incoming>, client: Client) -> Response<Full<Bytes>> {
    let (mut head, body) = request.into_parts();
    let host = head.headers.remove(HOST).expect("a host");
    let name = host.to_str().expect("a name");
    let port = name
        .split('.')
        .next()
        .and_then(|name| name.rsplit('-').next());
    let port = port.expect("a port in the name");
    let local = format!("localhost:{port}");
    let header = |text: &str| HeaderValue::from_str(text).expect("a header");
    if head.headers.get(ORIGIN) == Some(&header(&format!("https://{name}"))) {
        head.headers
            .insert(ORIGIN, header(&format!("http://{local}")));
    }
    head.headers.insert(FORWARDED_HOST, host.clone());
    head.headers.insert(HOST, header(&local));
    let path = head.uri.path_and_query().expect("a path");
    let body = body.collect().await.expect("a body").to_bytes();
    let received = client
        .request(head.method, format!("http://127.0.0.1:{port}{path}"))
        .headers(head.headers)
        .body(body)
        .send()
        .await
        .expect("a response");
    let mut response = Response::new(Full::default());
    *response.status_mut() = received.status();
    *response.headers_mut() = received.headers().clone();
    for of_connection in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        response.headers_mut().remove(of_connection);
    }
    *response.body_mut() = received.bytes().await.expect("a body").into();
    response
}
