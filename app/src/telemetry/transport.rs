//! HTTP client of the telemetry exporters, with the limits and TLS settings of all outbound calls.

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use salvo::async_trait;
use tokio::runtime::Handle;

use crate::config::OutboundConfig;
use crate::outbound::Outbound;

/// An HTTP client for threads outside the runtime.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    outbound: Outbound,
    runtime: Handle,
}

impl Transport {
    /// # Errors
    /// When the system's certificates cannot be read.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub(super) fn new(config: &OutboundConfig) -> anyhow::Result<Self> {
        Ok(Self {
            outbound: Outbound::new(config)?,
            runtime: Handle::current(),
        })
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let outbound = self.outbound.clone();
        let request = request.map(|body| body.to_vec());
        let sending = self
            .runtime
            .spawn(async move { outbound.calls().send(request).await });
        Ok(sending.await??.map(Bytes::from))
    }
}
