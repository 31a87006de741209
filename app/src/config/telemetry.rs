//! Settings of the log and of telemetry.

use std::io::{IsTerminal as _, stdout};

use tracing_subscriber::EnvFilter;

use super::application_insights::ApplicationInsights;
use super::parsers::choice;

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Human-readable lines.
    Text,
    /// One JSON object per line.
    Json,
}

/// What is logged, and in which form.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryConfig {
    /// Log format, text or json; unset: text on a terminal, else json
    #[arg(long, env, required = false, value_name = "FORM", value_parser = choice::<LogFormat>)]
    pub log_format: LogFormat,
    /// Log levels, as level and target=level separated by commas
    #[arg(long, env, value_name = "FILTER", value_parser = parse_filter)]
    #[arg(default_value = "info,salvo=warn,sqlx=warn")]
    pub rust_log: String,
    /// Connection string of Application Insights, for traces, request metrics and errors; unset: no telemetry is sent
    #[arg(long, env, value_name = "STRING", value_parser = ApplicationInsights::parse, hide_env_values = true)]
    pub applicationinsights_connection_string: Option<ApplicationInsights>,
}

impl LogFormat {
    /// The name of the default.
    pub(super) fn of_stdout() -> &'static str {
        let terminal = stdout().is_terminal();
        if terminal { "text" } else { "json" }
    }
}

fn parse_filter(text: &str) -> Result<String, &'static str> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be levels such as info, or info,app=debug"),
    }
}
