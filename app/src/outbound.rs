//! An HTTP client for the sign-in service, Microsoft Graph, the identity endpoint and telemetry, with limits of time and
//! size, without redirects; a response must be one JSON object.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect};
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::config::OutboundConfig;
use crate::tls::install_crypto_provider;

/// A client with the limits of the settings.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
    timeout: Duration,
    body_limit: usize,
}

/// The calls made for one response, which share one time limit.
#[derive(Clone, Debug)]
pub struct BoundedClient {
    client: Client,
    deadline: Instant,
    body_limit: usize,
}

/// Why a call failed; contains nothing that was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    #[error("no complete response within OUTBOUND_TIMEOUT")]
    TimedOut,
    #[error("the connection failed")]
    Failed,
    #[error("the response is larger than OUTBOUND_BODY_LIMIT")]
    TooLarge,
    #[error("the response is a redirect, which is not followed")]
    Redirected,
    #[error("the response is not one JSON object")]
    NotJson,
}

impl Outbound {
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(config: &OutboundConfig) -> anyhow::Result<Self> {
        install_crypto_provider();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            timeout: config.outbound_timeout,
            body_limit: config.outbound_body_limit,
        })
    }

    /// Starts the time limit of some calls.
    pub fn calls(&self) -> BoundedClient {
        BoundedClient {
            client: self.client.clone(),
            deadline: Instant::now() + self.timeout,
            body_limit: self.body_limit,
        }
    }
}

impl BoundedClient {
    /// Waits for a future that is not itself a call, within the time limit.
    pub async fn wait<T>(&self, other: impl Future<Output = T>) -> Result<T, OutboundError> {
        let waited = tokio::time::timeout(self.remaining(), other).await;
        waited.map_err(|_| OutboundError::TimedOut)
    }

    /// Sends one request and reads the whole response, whatever its status.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| OutboundError::Failed)?;
        *request.timeout_mut() = Some(self.remaining());
        let response = self
            .client
            .execute(request)
            .await
            .map_err(OutboundError::from)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(OutboundError::Redirected);
        }
        let content_type = response.headers().get("content-type").cloned();
        let body = self.read(response).await?;
        let mut received = HttpResponse::new(body);
        *received.status_mut() = status;
        if let Some(content_type) = content_type {
            received.headers_mut().insert("content-type", content_type);
        }
        if status.is_success() && !is_json_object(received.body()) {
            return Err(OutboundError::NotJson);
        }
        Ok(received)
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Vec<u8>, OutboundError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(OutboundError::from)? {
            if body.len() + chunk.len() > self.body_limit {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl<'c> AsyncHttpClient<'c> for BoundedClient {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl From<reqwest::Error> for OutboundError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Failed
        }
    }
}

/// Whether the text is one object without duplicate names, which parsers resolve differently
/// (RFC 8259, section 4).
fn is_json_object(body: &[u8]) -> bool {
    let mut reader = serde_json::Deserializer::from_slice(body);
    reader.deserialize_map(UniqueNames).is_ok() && reader.end().is_ok()
}

struct UniqueNames;

impl<'de> Visitor<'de> for UniqueNames {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = std::collections::HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if !names.insert(name) {
                return Err(serde::de::Error::custom("duplicate name"));
            }
        }
        Ok(())
    }
}
