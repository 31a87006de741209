//! A way to the database that can be missing at first.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpSocket, TcpStream};
use url::Url;

/// An address of this machine that refuses connections until it is opened.
pub(crate) struct Forwarder {
    socket: TcpSocket,
    target: SocketAddr,
    /// The database's URL by way of this address.
    pub(crate) url: String,
}

impl Forwarder {
    /// Takes a free port; nobody listens on it yet.
    pub(crate) fn closed(database_url: &str) -> Self {
        let mut url = Url::parse(database_url).expect("a URL");
        let target = SocketAddr::from(([127, 0, 0, 1], url.port().expect("a port")));
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .expect("a free port");
        let port = socket.local_addr().expect("an address").port();
        url.set_port(Some(port)).expect("a URL with a host");
        Self {
            socket,
            target,
            url: url.into(),
        }
    }

    /// Forwards connections from now on.
    pub(crate) fn open(self) {
        let listener = self.socket.listen(64).expect("listening");
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(self.target).await.expect("the database");
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
    }
}
