//! What the process tells of itself: log lines on the standard output, and, where it is set up,
//! traces, request metrics and errors for Application Insights.

mod application_insights;
mod exceptions;
mod observe;
mod transport;

pub use observe::{Observe, RequestId};

use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Config, LogFormat, TelemetryConfig};
use application_insights::Providers;

/// What the last batches may take: an ingestion that is away is asked again and again.
const LONGEST_FAREWELL: Duration = Duration::from_secs(3);

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What has been started; to be stopped, so that nothing is lost.
pub struct Telemetry(Option<Providers>);

impl Telemetry {
    /// Starts logging, and sending to Application Insights where it is configured. Needs a runtime.
    ///
    /// # Errors
    /// When the system's certificates cannot be read, or logging has been started before.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        let insights = config.telemetry.application_insights.as_ref();
        let providers = insights.map(|insights| Providers::new(insights, &config.outbound));
        let providers = providers.transpose()?;
        let filter = filter(&config.telemetry, providers.is_some())?;
        let mut layers = vec![log_layer(&config.telemetry)];
        if let Some(providers) = &providers {
            providers.install();
            layers.extend(providers.layers());
        }
        // Around the others: one among them would ask for less and be overruled.
        let subscriber = tracing_subscriber::registry().with(layers).with(filter);
        let started = subscriber.try_init();
        started.map_err(|cause| anyhow::anyhow!("logging cannot be started: {cause}"))?;
        Ok(Self(providers))
    }

    /// Sends what has not been sent yet; what takes longer than 3 s or what is left of the grace is dropped.
    pub async fn stop(self, grace: Duration) {
        let Some(providers) = self.0 else { return };
        let timeout = grace.min(LONGEST_FAREWELL);
        // A thread of its own: the runtime would wait for one of its blocking threads without end.
        let (done, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            providers.shut_down(timeout);
            let _ = done.send(());
        });
        if tokio::time::timeout(timeout, stopped).await.is_err() {
            tracing::warn!("not all telemetry could be sent in time");
        }
    }
}

fn log_layer(config: &TelemetryConfig) -> BoxedLayer {
    let layer = fmt::layer().with_ansi(stdout().is_terminal());
    match config.log_format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true);
            // Within a call of the database, the request is the span around the innermost.
            let traced = config.application_insights.is_some();
            layer.with_span_list(traced).boxed()
        }
    }
}

/// What is looked at by every layer. The log has no filter of its own: where a library merely asks whether
/// it should log, such a filter would swallow the next line.
fn filter(config: &TelemetryConfig, traced: bool) -> anyhow::Result<EnvFilter> {
    let level = if traced { "info" } else { "warn" };
    let mut filter = EnvFilter::new(&config.log_filter);
    for target in application_insights::TRACED_TARGETS {
        filter = filter.add_directive(format!("{target}={level}").parse()?);
    }
    Ok(filter)
}
