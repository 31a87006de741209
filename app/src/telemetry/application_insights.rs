//! Traces, request metrics and errors on their way to Application Insights: in batches, by threads of
//! their own, dropped where they come faster than they can be sent.

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

/// The target of our own spans that become traces.
pub(super) const TRACED: &str = "app::operation";

/// Where the spans that become traces are made.
pub(super) const TRACED_TARGETS: [&str; 3] = [TRACED, "sea_orm::driver", "sea_orm::database"];

/// The names of the database's calls, which become traces too, begin like this.
const DATABASE_CALL: &str = "sea_orm.";

/// What the export itself uses: its complaints stand in the log, and would feed on themselves here.
const EXPORT: [&str; 4] = ["opentelemetry", "reqwest", "hyper", "rustls"];

/// What gathers and sends.
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

    /// Lets whoever measures find the meters.
    pub(super) fn install(&self) {
        global::set_meter_provider(self.metrics.clone());
    }

    /// What turns spans into traces, and warnings and errors into records of theirs.
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

    /// Sends what is left; blocks the thread. What fails then has been logged.
    pub(super) fn shut_down(&self, timeout: Duration) {
        let _ = self.traces.shutdown_with_timeout(timeout);
        let _ = self.logs.shutdown_with_timeout(timeout);
        let _ = self.metrics.shutdown_with_timeout(timeout);
    }
}

/// Whether it is a span that becomes a trace.
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
    // The cause may repeat the connection string.
    let malformed = "APPLICATIONINSIGHTS_CONNECTION_STRING is not understood";
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
        reason = "the way that is not turns a collector on this machine into https"
    )]
    let exporter = exporter.with_endpoint(&endpoint.origin());
    exporter.map_err(|_| anyhow::anyhow!(malformed))
}
