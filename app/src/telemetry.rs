//! Log lines: structured, each with the id of its request, one for every request.

use std::fmt;
use std::io::{IsTerminal as _, stdout};
use std::time::Instant;

use salvo::http::header::{HeaderName, HeaderValue};
use salvo::{Depot, FlowCtrl, Request, Response, handler};
use tracing::Instrument as _;
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, TelemetryConfig};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts logging to the standard output.
///
/// # Errors
/// When logging has been started before.
pub fn start(config: &TelemetryConfig) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log_filter))
        .with_ansi(stdout().is_terminal());
    let started = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
    };
    started.map_err(|cause| anyhow::anyhow!("logging cannot be started: {cause}"))
}

/// A request's reference, on its log lines, in its answer and on an error's page: 128 random bits in
/// hexadecimal, the form of a W3C trace id.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(u128);

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Gives the request its id and writes its line; the query is left out, since it may be personal.
#[handler]
pub async fn observe(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    let started = Instant::now();
    let id = RequestId(rand::random());
    depot.insert_typed(id);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let span = tracing::info_span!("request", request_id = %id);
    ctrl.call_next(request, depot, response)
        .instrument(span.clone())
        .await;
    let status = response.status_code.map(|status| status.as_u16());
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| {
        let (method, path) = (request.method().as_str(), request.uri().path());
        tracing::info!(method, path, status, milliseconds, "request answered");
    });
}
