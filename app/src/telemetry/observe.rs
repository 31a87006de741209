//! Access log and request tracing: request id, log line and, with Application Insights, trace and duration.

use std::fmt;
use std::time::{Duration, Instant};

use opentelemetry::metrics::Histogram;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{KeyValue, global};
use salvo::http::header::{HeaderName, HeaderValue};
use salvo::http::{Method, StatusCode};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, async_trait};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::application_insights::TRACED;
use crate::config::Config;

/// The target of the event that ends a request.
pub(super) const TARGET: &str = module_path!();

/// Where static files are served: their requests are logged for debugging only.
const STATIC_FILES: &str = "/static/";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, on its log lines, in its response, on an error page and as its operation id in
/// Application Insights: 128 random bits in hexadecimal, the form of a W3C trace id.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(u128);

impl RequestId {
    /// The id of the span's trace; random where it has none.
    fn of_trace(span: &Span) -> Self {
        let context = span.context();
        let trace = context.span().span_context().trace_id();
        match u128::from_be_bytes(trace.to_bytes()) {
            0 => Self(rand::random()),
            id => Self(id),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Request logging and tracing. The query is left out everywhere, since it may hold personal data.
pub struct Observe {
    /// `None` without Application Insights.
    durations: Option<Histogram<f64>>,
}

impl Observe {
    /// To be called after telemetry was started.
    pub fn new(config: &Config) -> Self {
        let histogram = || {
            global::meter(env!("CARGO_PKG_NAME"))
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .build()
        };
        let insights = config
            .telemetry
            .applicationinsights_connection_string
            .as_ref();
        Self {
            durations: insights.map(|_| histogram()),
        }
    }

    /// Handles a request inside a span that becomes its trace, and records its duration.
    async fn trace(
        durations: &Histogram<f64>,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        let started = Instant::now();
        let operation = tracing::info_span!(target: TRACED, "request", otel.kind = "server");
        let id = RequestId::of_trace(&operation);
        handle(id, request, depot, response, ctrl)
            .instrument(operation.clone())
            .await;
        let status = response.status_code.unwrap_or_default();
        record(durations, &operation, request, status, started.elapsed());
    }
}

#[async_trait]
impl Handler for Observe {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        match &self.durations {
            Some(durations) => Self::trace(durations, request, depot, response, ctrl).await,
            None => handle(RequestId(rand::random()), request, depot, response, ctrl).await,
        }
    }
}

/// Handles a request inside the span of its log lines, and writes its own log line.
async fn handle(
    id: RequestId,
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    let started = Instant::now();
    depot.insert_typed(id);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let span = tracing::info_span!("request", request_id = %id);
    let next = ctrl.call_next(request, depot, response);
    next.instrument(span.clone()).await;
    span.in_scope(|| {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let status = response.status_code.map(|status| status.as_u16());
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        if path.starts_with(STATIC_FILES) {
            tracing::debug!(method, path, status, duration_ms, "request completed");
        } else {
            tracing::info!(method, path, status, duration_ms, "request completed");
        }
    });
}

fn record(
    durations: &Histogram<f64>,
    operation: &Span,
    request: &Request,
    status: StatusCode,
    took: Duration,
) {
    let mut attributes = vec![
        KeyValue::new("http.request.method", method_name(request.method())),
        KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
    ];
    if let Some(route) = route(request) {
        attributes.push(KeyValue::new("http.route", route));
    }
    durations.record(took.as_secs_f64(), &attributes);
    for KeyValue { key, value, .. } in attributes {
        operation.set_attribute(key, value);
    }
    operation.set_attribute("url.path", request.uri().path().to_owned());
    if status.is_server_error() {
        operation.set_status(Status::error(status.as_str().to_owned()));
    }
}

/// The route's pattern; none for an address without a route.
fn route(request: &Request) -> Option<String> {
    let route = format!("/{}", request.matched_path());
    (route != "/" || request.uri().path() == "/").then_some(route)
}

/// The method; `_OTHER` for one that a client has invented, as OpenTelemetry's conventions say.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ];
    let mut known = KNOWN.into_iter();
    known
        .find(|known| *known == method.as_str())
        .unwrap_or("_OTHER")
}
