//! Settings of the log and of telemetry.

use std::io::{IsTerminal, stdout};

use tracing_subscriber::EnvFilter;

use super::application_insights::ApplicationInsights;
use super::reader::Reader;
use super::settings::TelemetrySettings;

/// Says what happens to requests, and of the libraries only what is wrong.
const DEFAULT_FILTER: &str = "info,salvo=warn,sqlx=warn";

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryConfig {
    pub log_format: LogFormat,
    /// Directives of `tracing_subscriber::EnvFilter`, known to be valid.
    pub log_filter: String,
    /// `None`: nothing leaves the process but the log.
    pub application_insights: Option<ApplicationInsights>,
}

impl TelemetryConfig {
    pub(super) fn read(settings: &TelemetrySettings, reader: &mut Reader) -> Self {
        const INSIGHTS: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
        let insights = settings.applicationinsights_connection_string.as_deref();
        let mut config = Self {
            application_insights: reader.parse(INSIGHTS, insights, ApplicationInsights::parse),
            log_format: if stdout().is_terminal() {
                LogFormat::Text
            } else {
                LogFormat::Json
            },
            log_filter: DEFAULT_FILTER.to_owned(),
        };
        let format = settings.log_format.as_deref();
        reader.set(&mut config.log_format, "LOG_FORMAT", format, parse_format);
        let filter = settings.rust_log.as_deref();
        reader.set(&mut config.log_filter, "RUST_LOG", filter, parse_filter);
        config
    }
}

fn parse_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("write text or json".to_owned()),
    }
}

fn parse_filter(text: &str) -> Result<String, String> {
    EnvFilter::builder()
        .parse(text)
        .map(|_| text.to_owned())
        .map_err(|_| "write levels such as info, or info,app=debug".to_owned())
}
