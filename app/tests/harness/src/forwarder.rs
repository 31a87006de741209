//! A TCP proxy in front of the database that can be closed or silent.

use std::future::pending;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

/// An address of this machine in front of the database; it refuses connections until it is opened.
pub struct Forwarder {
    /// The database's URL by way of this address.
    pub url: String,
    target: watch::Sender<SocketAddr>,
    socket: Option<TcpSocket>,
    listening: JoinSet<()>,
    silent: watch::Sender<bool>,
    /// How often the connections were lost.
    losses: watch::Sender<u32>,
}

impl Forwarder {
    /// Takes a free port without listening on it yet.
    pub fn closed(database_url: &str) -> Self {
        let mut url = Url::parse(database_url).expect("a URL");
        let target = address(&url);
        let socket = take(0);
        let port = socket.local_addr().expect("an address").port();
        url.set_port(Some(port)).expect("a URL with a host");
        Self {
            url: url.into(),
            target: watch::Sender::new(target),
            socket: Some(socket),
            listening: JoinSet::new(),
            silent: watch::Sender::new(false),
            losses: watch::Sender::new(0),
        }
    }

    /// Forwards connections from now on.
    pub fn open(&mut self) {
        let socket = self.socket.take().expect("a closed forwarder");
        let listener = socket.listen(64).expect("listening");
        let faults = Faults {
            silent: self.silent.subscribe(),
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

    /// Leads new connections to another server.
    pub fn redirect(&self, database_url: &str) {
        let url = Url::parse(database_url).expect("a URL");
        self.target.send_replace(address(&url));
    }

    /// Cuts every connection and refuses new ones.
    pub async fn close(&mut self) {
        self.listening.shutdown().await;
        self.socket = Some(take(self.port()));
    }

    /// Keeps the connections and lets nothing through, as a network does that has lost its way.
    pub fn fall_silent(&self) {
        self.silent.send_replace(true);
    }

    /// Lets nothing more through on the connections of now, without closing them, as a NAT gateway does that has
    /// forgotten them. New connections work.
    pub fn lose_connections(&self) {
        self.losses.send_modify(|count| *count += 1);
    }

    /// Lets everything through again, what was sent meanwhile first.
    pub fn speak_again(&self) {
        self.silent.send_replace(false);
    }
}

fn address(database_url: &Url) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], database_url.port().expect("a port")))
}

fn take(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a socket option");
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    socket.bind(address).expect("a free port");
    socket
}

#[derive(Clone)]
struct Faults {
    silent: watch::Receiver<bool>,
    losses: watch::Receiver<u32>,
}

/// Ends with all its connections when it is dropped.
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
        connections.spawn(pump(near_reader, far_writer, faults.clone()));
        connections.spawn(pump(far_reader, near_writer, faults.clone()));
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut faults: Faults,
) {
    let losses = *faults.losses.borrow();
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let spoken = faults.silent.wait_for(|silent| !silent).await.is_ok();
        if *faults.losses.borrow() != losses {
            pending::<()>().await;
        }
        if !spoken || to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}
