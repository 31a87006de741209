//! Logging to standard output and, where it is configured, traces, request metrics and errors for
//! Application Insights.

mod application_insights;
mod exceptions;
mod observe;
mod text;
mod transport;

pub use application_insights::TRACED;
pub use observe::{Observe, RequestId};

use std::io::{self, BufWriter, IsTerminal as _, Write, stdout};
use std::thread;
use std::time::Duration;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Config, LogFormat, TelemetryConfig};
use application_insights::Providers;
use text::TextFormat;

/// Time limit for sending the last batches at shutdown: an unreachable ingestion endpoint is retried.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest time that a log line waits for others. Waking the thread that writes them, and a system call, for each
/// line cost a fifth of the time of a request.
const LOG_FLUSH_DELAY: Duration = Duration::from_millis(20);

/// In bytes: more log lines than this are written before the delay is over.
const LOG_BUFFER: usize = 64 * 1024;

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Running logging and telemetry, which must be stopped so that nothing is lost.
pub struct Telemetry {
    providers: Option<Providers>,
    /// Writes the remaining log lines when it is dropped.
    _log_writer: WorkerGuard,
}

impl Telemetry {
    /// Starts logging and, where it is configured, sending to Application Insights. Needs a runtime.
    ///
    /// # Errors
    /// When the system's certificates cannot be read, or logging has already been started.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        let insights = config
            .telemetry
            .applicationinsights_connection_string
            .as_ref();
        let providers = insights.map(|insights| Providers::new(insights, &config.outbound));
        let providers = providers.transpose()?;
        let filter = filter(&config.telemetry, providers.is_some())?;
        let lines = BufWriter::with_capacity(LOG_BUFFER, stdout());
        let (writer, log_writer) = NonBlockingBuilder::default()
            .lossy(false)
            .finish(Batches(lines));
        let mut layers = vec![log_layer(&config.telemetry, writer)];
        if let Some(providers) = &providers {
            providers.install();
            layers.extend(providers.layers());
        }
        // The filter is around all layers: as one of them it could not enable less than the others.
        let subscriber = tracing_subscriber::registry().with(layers).with(filter);
        let started = subscriber.try_init();
        started.map_err(|cause| anyhow::anyhow!("failed to start logging: {cause}"))?;
        Ok(Self {
            providers,
            _log_writer: log_writer,
        })
    }

    /// Sends the remaining telemetry within 3 s or the rest of the grace period, and writes the
    /// remaining log lines.
    pub async fn stop(self, grace: Duration) {
        let Some(providers) = self.providers else {
            return;
        };
        let timeout = grace.min(FLUSH_TIMEOUT);
        // In a separate thread: at exit the runtime would wait for a blocking task without a time limit.
        let (done, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            providers.shut_down(timeout);
            let _ = done.send(());
        });
        if tokio::time::timeout(timeout, stopped).await.is_err() {
            tracing::warn!("failed to send the remaining telemetry in time");
        }
    }
}

/// Waits before each flush, which comes when no further line is waiting, so that many lines are written at once.
struct Batches<W>(W);

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.0.write(lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        thread::sleep(LOG_FLUSH_DELAY);
        self.0.flush()
    }
}

fn log_layer(config: &TelemetryConfig, writer: NonBlocking) -> BoxedLayer {
    let layer = fmt::layer()
        .with_ansi(stdout().is_terminal())
        .with_writer(writer);
    match config.log_format {
        LogFormat::Text => layer.event_format(TextFormat).boxed(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true);
            // Inside a database call the span of the request is not the innermost one.
            let traced = config.applicationinsights_connection_string.is_some();
            layer.with_span_list(traced).boxed()
        }
    }
}

/// The filter of all layers. The log layer has no separate filter: after a library has only asked
/// whether it should log, a per-layer filter would drop the next line.
fn filter(config: &TelemetryConfig, traced: bool) -> anyhow::Result<EnvFilter> {
    let level = if traced { "info" } else { "warn" };
    let mut filter = EnvFilter::new(&config.rust_log);
    for target in application_insights::TRACED_TARGETS {
        filter = filter.add_directive(format!("{target}={level}").parse()?);
    }
    Ok(filter)
}
