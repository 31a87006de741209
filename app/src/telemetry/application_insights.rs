//! OpenTelemetry exporters of traces, request metrics and errors to Application Insights: in batches,
//! on their own threads; telemetry beyond the queue size is dropped.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_application_insights::Exporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Targets, filter_fn};

use super::BoxedLayer;
use super::exceptions::ErrorsAsExceptions;
use super::transport::Transport;
use crate::config::{ApplicationInsights, OutboundConfig};

/// The target of the app's spans that become traces.
pub const TRACED: &str = "app::operation";

/// The targets of all spans that become traces.
pub(super) const TRACED_TARGETS: [&str; 3] = [TRACED, "sea_orm::driver", "sea_orm::database"];

/// Prefix of the names of database spans, which become traces too.
const DATABASE_CALL: &str = "sea_orm.";

/// Targets that the export itself uses: their warnings are logged but not exported, which would make more of them.
const EXPORT: [&str; 4] = ["opentelemetry", "reqwest", "hyper", "rustls"];

/// The OpenTelemetry providers.
pub(super) struct Providers {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    logs: SdkLoggerProvider,
}

impl Providers {
    pub(super) fn new(
        config: &ApplicationInsights,
        outbound: &OutboundConfig,
    ) -> anyhow::Result<Self> {
        let exporter = exporter(config, Transport::new(outbound)?)?;
        let resource = Resource::builder()
            .with_service_name(env!("CARGO_PKG_NAME"))
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        Ok(Self {
            traces: SdkTracerProvider::builder()
                .with_batch_exporter(exporter.clone())
                .with_resource(resource.clone())
                .build(),
            metrics: SdkMeterProvider::builder()
                .with_periodic_exporter(exporter.clone())
                .with_resource(resource.clone())
                .build(),
            logs: SdkLoggerProvider::builder()
                .with_log_processor(ErrorsAsExceptions)
                .with_batch_exporter(exporter)
                .with_resource(resource)
                .build(),
        })
    }

    /// Makes the meters available to the request middleware.
    pub(super) fn install(&self) {
        global::set_meter_provider(self.metrics.clone());
    }

    /// The layers that export spans as traces, and warnings and errors as log records.
    pub(super) fn layers(&self) -> [BoxedLayer; 2] {
        let source = self.traces.tracer(env!("CARGO_PKG_NAME"));
        let traces = tracing_opentelemetry::layer()
            .with_tracer(source)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(filter_fn(is_traced));
        let targets = EXPORT.map(|target| (target, LevelFilter::OFF));
        let problems = Targets::new()
            .with_default(LevelFilter::WARN)
            .with_targets(targets);
        let logs = OpenTelemetryTracingBridge::new(&self.logs).with_filter(problems);
        [traces.boxed(), logs.boxed()]
    }

    /// Sends the remaining telemetry; blocks the thread. Failures have been logged already.
    pub(super) fn shut_down(&self, timeout: Duration) {
        let _ = self.traces.shutdown_with_timeout(timeout);
        let _ = self.logs.shutdown_with_timeout(timeout);
        let _ = self.metrics.shutdown_with_timeout(timeout);
    }
}

/// Whether a span becomes a trace.
fn is_traced(metadata: &Metadata) -> bool {
    metadata.is_span()
        && (metadata.target() == TRACED || metadata.name().starts_with(DATABASE_CALL))
}

fn exporter(
    config: &ApplicationInsights,
    transport: Transport,
) -> anyhow::Result<Exporter<Transport>> {
    let connection_string = config.connection_string.expose();
    let exporter = Exporter::new_from_connection_string(connection_string, transport);
    // The error itself may contain the connection string.
    let malformed = "APPLICATIONINSIGHTS_CONNECTION_STRING is malformed";
    let exporter = exporter.map_err(|_| anyhow::anyhow!(malformed))?;
    let Some(endpoint) = config
        .ingestion_endpoint
        .as_ref()
        .filter(|it| !it.is_https())
    else {
        return Ok(exporter);
    };
    #[expect(
        deprecated,
        reason = "the replacement changes a local http collector to https"
    )]
    let exporter = exporter.with_endpoint(&endpoint.origin());
    exporter.map_err(|_| anyhow::anyhow!(malformed))
}
