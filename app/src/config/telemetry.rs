//! Settings of the log and of telemetry.

use tracing_subscriber::EnvFilter;

use super::application_insights::ApplicationInsights;
use super::parsers::choice;

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// What is logged, and in which form.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryConfig {
    /// Log format, text or json; unset: text on a terminal, else json
    #[arg(long, env, value_name = "FORM", value_parser = choice([("text", LogFormat::Text), ("json", LogFormat::Json)]))]
    pub log_format: LogFormat,
    /// Log levels, as level and target=level separated by commas
    #[arg(long = "rust-log", env = "RUST_LOG", value_name = "FILTER")]
    #[arg(default_value = "info,salvo=warn,sqlx=warn", value_parser = parse_filter)]
    pub log_filter: String,
    /// Connection string of Application Insights, for traces, request metrics and errors; unset: no telemetry is sent
    #[arg(
        long = "applicationinsights-connection-string",
        env = "APPLICATIONINSIGHTS_CONNECTION_STRING"
    )]
    #[arg(value_name = "STRING", value_parser = ApplicationInsights::parse, hide_env_values = true)]
    pub application_insights: Option<ApplicationInsights>,
}

fn parse_filter(text: &str) -> Result<String, String> {
    EnvFilter::builder()
        .parse(text)
        .map(|_| text.to_owned())
        .map_err(|_| "must be levels such as info, or info,app=debug".to_owned())
}
