//! TCP connections that can be reset: an aborted one ends with RST instead of FIN.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use salvo::conn::tcp::TcpCoupler;
use salvo::conn::{Accepted, Acceptor, ConnCtrl, Holding, SocketAddr};
use salvo::fuse::ArcFusePolicy;
use salvo::http::Version;
use salvo::http::uri::Scheme;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Accepts plain connections, without any time limit.
pub(crate) struct ResettableAcceptor {
    listener: TcpListener,
    holdings: Vec<Holding>,
}

impl ResettableAcceptor {
    pub(crate) fn new(listener: TcpListener) -> Result<Self> {
        let holding = Holding {
            local_addr: listener.local_addr()?.into(),
            http_versions: vec![Version::HTTP_11],
            http_scheme: Scheme::HTTP,
        };
        Ok(Self {
            listener,
            holdings: vec![holding],
        })
    }
}

impl Acceptor for ResettableAcceptor {
    type Coupler = TcpCoupler<Self::Stream>;
    type Stream = ResettableStream;

    fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    async fn accept(
        &mut self,
        _: Option<ArcFusePolicy>,
    ) -> Result<Accepted<Self::Coupler, Self::Stream>> {
        let (stream, remote_addr) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        let conn_ctrl = ConnCtrl::new();
        let stream = ResettableStream {
            stream,
            conn_ctrl: conn_ctrl.clone(),
        };
        Ok(Accepted {
            coupler: TcpCoupler::new(),
            stream,
            fuse_config: None,
            conn_ctrl,
            local_addr: self.holdings[0].local_addr.clone(),
            remote_addr: SocketAddr::from(remote_addr),
            http_scheme: Scheme::HTTP,
        })
    }
}

/// A stream that is reset, rather than closed, if its connection was aborted.
pub(crate) struct ResettableStream {
    stream: TcpStream,
    conn_ctrl: ConnCtrl,
}

impl ResettableStream {
    fn inner(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for ResettableStream {
    fn drop(&mut self) {
        if self.conn_ctrl.is_aborted() {
            // If the peer was quicker there is nothing left to reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for ResettableStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        self.inner().poll_read(context, buffer)
    }
}

impl AsyncWrite for ResettableStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        self.inner().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.inner().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.inner().poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.inner().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
