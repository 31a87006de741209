//! A TCP proxy in front of the database that can refuse, stall or lose connections.

use std::future::pending;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

/// A proxy on a port of this machine; it refuses connections until it is opened.
pub struct TcpProxy {
    /// The database's URL with the address of the proxy.
    pub url: String,
    target: watch::Sender<SocketAddr>,
    socket: Option<TcpSocket>,
    listening: JoinSet<()>,
    stalled: watch::Sender<bool>,
    /// How often the connections were lost.
    losses: watch::Sender<u32>,
}

impl TcpProxy {
    /// Binds a free port without listening on it yet.
    pub fn closed(database_url: &str) -> Self {
        let mut url = Url::parse(database_url).expect("a URL");
        let target = address(&url);
        let socket = bind(0);
        let port = socket.local_addr().expect("an address").port();
        url.set_port(Some(port)).expect("a URL with a host");
        Self {
            url: url.into(),
            target: watch::Sender::new(target),
            socket: Some(socket),
            listening: JoinSet::new(),
            stalled: watch::Sender::new(false),
            losses: watch::Sender::new(0),
        }
    }

    /// Forwards connections from now on.
    pub fn open(&mut self) {
        let socket = self.socket.take().expect("a closed proxy");
        let listener = socket.listen(64).expect("listening");
        let faults = Faults {
            stalled: self.stalled.subscribe(),
            losses: self.losses.subscribe(),
        };
        let target = self.target.subscribe();
        self.listening.spawn(forward(listener, target, faults));
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        let url = Url::parse(&self.url).expect("a URL");
        url.port().expect("a port")
    }

    /// Forwards new connections to another server.
    pub fn forward_to(&self, database_url: &str) {
        let url = Url::parse(database_url).expect("a URL");
        self.target.send_replace(address(&url));
    }

    /// Closes every connection and refuses new ones.
    pub async fn close(&mut self) {
        self.listening.shutdown().await;
        self.socket = Some(bind(self.port()));
    }

    /// Keeps the connections open and forwards nothing, like a network that drops packets.
    pub fn stall(&self) {
        self.stalled.send_replace(true);
    }

    /// Forwards nothing more on the existing connections and does not close them, like a NAT gateway that has dropped
    /// their state. New connections work.
    pub fn blackhole_connections(&self) {
        self.losses.send_modify(|count| *count += 1);
    }

    /// Forwards again, first what was sent meanwhile.
    pub fn resume(&self) {
        self.stalled.send_replace(false);
    }
}

fn address(database_url: &Url) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], database_url.port().expect("a port")))
}

fn bind(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a socket option");
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    socket.bind(address).expect("a free port");
    socket
}

#[derive(Clone)]
struct Faults {
    stalled: watch::Receiver<bool>,
    losses: watch::Receiver<u32>,
}

/// Its connections end with it.
async fn forward(listener: TcpListener, target: watch::Receiver<SocketAddr>, faults: Faults) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let target = *target.borrow();
        // A server that is down refuses the connection, and so does the proxy.
        let Ok(far) = TcpStream::connect(target).await else {
            continue;
        };
        let (near_reader, near_writer) = near.into_split();
        let (far_reader, far_writer) = far.into_split();
        connections.spawn(copy(near_reader, far_writer, faults.clone()));
        connections.spawn(copy(far_reader, near_writer, faults.clone()));
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut faults: Faults,
) {
    let losses = *faults.losses.borrow();
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let resumed = faults.stalled.wait_for(|stalled| !stalled).await.is_ok();
        if *faults.losses.borrow() != losses {
            pending::<()>().await;
        }
        if !resumed || to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}
