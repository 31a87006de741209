//! Each request: its id, its line in the log, its trace and its duration.

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

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request's reference, on its log lines, in its answer, on an error's page and as its operation in
/// Application Insights: 128 random bits in hexadecimal, the form of a W3C trace id.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(u128);

impl RequestId {
    /// The trace's id; without traces a random one.
    fn of(operation: &Span) -> Self {
        let context = operation.context();
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

/// Gives each request its id, writes its line and tells its trace and duration; the query is left out
/// everywhere, since it may be personal.
pub struct Observe {
    durations: Histogram<f64>,
}

impl Observe {
    /// To be made after telemetry was started.
    pub fn new() -> Self {
        let durations = global::meter(env!("CARGO_PKG_NAME"))
            .f64_histogram("http.server.request.duration")
            .with_unit("s")
            .build();
        Self { durations }
    }

    fn record(&self, operation: &Span, request: &Request, status: StatusCode, took: Duration) {
        let mut attributes = vec![
            KeyValue::new("http.request.method", method_name(request.method())),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        if let Some(route) = route(request) {
            attributes.push(KeyValue::new("http.route", route));
        }
        self.durations.record(took.as_secs_f64(), &attributes);
        for KeyValue { key, value, .. } in attributes {
            operation.set_attribute(key, value);
        }
        operation.set_attribute("url.path", request.uri().path().to_owned());
        if status.is_server_error() {
            operation.set_status(Status::error(status.as_str().to_owned()));
        }
    }
}

impl Default for Observe {
    fn default() -> Self {
        Self::new()
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
        let started = Instant::now();
        let operation = tracing::info_span!(target: TRACED, "request", otel.kind = "server");
        let id = RequestId::of(&operation);
        depot.insert_typed(id);
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let span = tracing::info_span!("request", request_id = %id);
        ctrl.call_next(request, depot, response)
            .instrument(span.clone())
            .instrument(operation.clone())
            .await;
        let took = started.elapsed();
        let status = response.status_code;
        self.record(&operation, request, status.unwrap_or_default(), took);
        span.in_scope(|| {
            let (method, path) = (request.method().as_str(), request.uri().path());
            let status = status.map(|status| status.as_u16());
            let milliseconds = took.as_secs_f64() * 1000.0;
            tracing::info!(method, path, status, milliseconds, "request answered");
        });
    }
}

/// The pattern that the address was found by; none for an address that there is not.
fn route(request: &Request) -> Option<String> {
    let route = format!("/{}", request.matched_path());
    (route != "/" || request.uri().path() == "/").then_some(route)
}

/// A client may invent methods; each would be a row of every chart.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ];
    let mut known = KNOWN.into_iter();
    known
        .find(|known| *known == method.as_str())
        .unwrap_or("_OTHER")
}
