//! The HTTP server: listening, connection limits, graceful shutdown.

use std::future::pending;
use std::io;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use salvo::Server;
use salvo::conn::tcp::TcpAcceptor;
use salvo::conn::{Accepted, Acceptor, Holding};
use salvo::fuse::{ArcFusePolicy, FuseConfig};
use tokio::net::TcpListener;
use tokio::signal;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::config::HttpConfig;
use crate::router;
use crate::state::AppState;

/// Idle timeout of a connection: longer than that of App Service's front end.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);

/// Ports that are tried to find a free one in place of one in use.
const PORTS_TRIED: usize = 100;

/// The queue of accepted connections counts as drained when no connection has arrived for this long.
/// Meanwhile the server reads from those that have arrived, which makes them count as in flight.
const QUIET_PERIOD: Duration = Duration::from_millis(100);

/// Limit of the drain while new connections keep arriving.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// Binds the address before anything else starts, so that a port in use is reported at once.
///
/// # Errors
/// When the address cannot be bound: names `HOST` and `PORT`, and a free port if this one is in use.
pub async fn bind(config: &HttpConfig) -> anyhow::Result<TcpListener> {
    let HttpConfig { host, port, .. } = config;
    let error = match TcpListener::bind((host.as_str(), *port)).await {
        Ok(listener) => return Ok(listener),
        Err(error) => error,
    };
    let mut advice = String::new();
    if error.kind() == io::ErrorKind::AddrInUse
        && let Some(free) = free_port(host, *port).await
    {
        advice = format!(" (PORT={free} is free)");
    }
    Err(error).with_context(|| format!("cannot listen on HOST {host} PORT {port}{advice}"))
}

/// The next free port.
async fn free_port(host: &str, taken: u16) -> Option<u16> {
    for port in (taken..u16::MAX).skip(1).take(PORTS_TRIED) {
        if TcpListener::bind((host, port)).await.is_ok() {
            return Some(port);
        }
    }
    None
}

/// Serves until `stop` is done, then finishes the requests in flight within the grace period.
///
/// # Errors
/// When the listener has no local address.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future + Send,
) -> anyhow::Result<()> {
    let http = state.config.clone();
    let http = &http.http;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let (drain, draining) = oneshot::channel();
    let (drained_sender, drained) = oneshot::channel();
    let acceptor = DrainingAcceptor {
        inner: Some(TcpAcceptor::try_from(listener)?),
        draining: Some(draining),
        drained: Some(drained_sender),
        drain_end: None,
    };
    let fuse = FuseConfig::default()
        .with_http1_header_timeout(http.request_head_timeout)
        .with_write_stall_timeout(http.write_timeout)
        .with_connection_idle_timeout(IDLE_TIMEOUT);
    let mut server = Server::new(acceptor).fuse_config(fuse);
    server.http1_mut().max_buf_size(http.request_head_limit);
    let handle = server.handle();
    let serving = server.try_serve(router::service(state)?);
    let stopping = async {
        stop.await;
        tracing::info!(
            grace_seconds = http.shutdown_grace.as_secs(),
            "shutting down"
        );
        let _ = drain.send(());
        let _ = drained.await;
        handle.stop_graceful(http.shutdown_grace);
    };
    tokio::join!(serving, stopping)
        .0
        .context("the server failed")
}

/// Installs the signal handlers and returns a future that ends with SIGTERM (what App Service and
/// containers send) or Ctrl-C.
///
/// # Errors
/// When a signal handler cannot be installed.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    const FAILED: &str = "cannot install the signal handlers";
    #[cfg(unix)]
    let (mut terminate, mut interrupt) = {
        use signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::terminate()).context(FAILED)?,
            signal(SignalKind::interrupt()).context(FAILED)?,
        )
    };
    #[cfg(windows)]
    let (mut terminate, mut interrupt) = (
        signal::windows::ctrl_shutdown().context(FAILED)?,
        signal::windows::ctrl_c().context(FAILED)?,
    );
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// An acceptor that, on shutdown, first takes every connection that the kernel has already accepted and
/// then closes the listener. Connections left in its queue would be reset at the end of the process.
struct DrainingAcceptor {
    inner: Option<TcpAcceptor>,
    draining: Option<oneshot::Receiver<()>>,
    drained: Option<oneshot::Sender<()>>,
    drain_end: Option<Instant>,
}

impl Acceptor for DrainingAcceptor {
    type Coupler = <TcpAcceptor as Acceptor>::Coupler;
    type Stream = <TcpAcceptor as Acceptor>::Stream;

    fn holdings(&self) -> &[Holding] {
        self.inner.as_ref().map_or(&[], Acceptor::holdings)
    }

    async fn accept(
        &mut self,
        fuse_policy: Option<ArcFusePolicy>,
    ) -> io::Result<Accepted<Self::Coupler, Self::Stream>> {
        let Some(inner) = &mut self.inner else {
            return pending().await;
        };
        if let Some(signal) = &mut self.draining {
            tokio::select! {
                biased;
                _ = signal => self.draining = None,
                accepted = inner.accept(fuse_policy.clone()) => return accepted,
            }
        }
        if let Some(drained) = self.drained.take() {
            let now = Instant::now();
            let in_time = now < *self.drain_end.get_or_insert(now + DRAIN_LIMIT);
            if in_time && let Ok(accepted) = timeout(QUIET_PERIOD, inner.accept(fuse_policy)).await
            {
                self.drained = Some(drained);
                return accepted;
            }
            self.inner = None;
            let _ = drained.send(());
        }
        pending().await
    }
}
