//! Every setting of the program, from flags, the environment or a `.env` file. No other module reads any of them.
//!
//! Each concern has one struct: a field's name is the setting's, its comment the help text, its attributes the
//! default and the parser.

mod application_insights;
mod base_url;
mod database;
mod dotenv;
mod environment;
mod http;
mod outbound;
mod parsers;
mod reader;
mod redirect_uri;
mod settings;
mod sign_in;
mod telemetry;
#[cfg(test)]
mod tests;

pub use application_insights::ApplicationInsights;
pub use base_url::BaseUrl;
pub use database::{DatabaseConfig, DatabaseTarget};
pub use dotenv::load_dotenv;
pub use http::HttpConfig;
pub use outbound::OutboundConfig;
pub(crate) use parsers::{guid, number};
pub use reader::ConfigError;
pub use redirect_uri::RedirectUri;
pub use settings::Settings;
pub use sign_in::{AllowedTenants, SignInConfig, SignInRequired, SignInSettings};
pub use telemetry::{LogFormat, TelemetryConfig};

use std::collections::BTreeSet;

use crate::feature::FeatureConfig;
use database::DatabaseSettings;
use reader::Reader;

/// Every setting, valid on its own.
#[derive(clap::Args)]
pub(in crate::config) struct Definitions {
    #[command(flatten)]
    http: HttpConfig,
    #[command(flatten)]
    feature: FeatureConfig,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    sign_in: SignInSettings,
    #[command(flatten)]
    outbound: OutboundConfig,
    #[command(flatten)]
    telemetry: TelemetryConfig,
}

/// The whole configuration, valid.
#[derive(Debug, Clone)]
pub struct Config {
    pub http: HttpConfig,
    pub feature: FeatureConfig,
    pub database: DatabaseConfig,
    /// `None`: sign-in is not configured.
    pub sign_in: Option<SignInConfig>,
    pub outbound: OutboundConfig,
    pub telemetry: TelemetryConfig,
    /// Settings that have no effect, one line each, to be logged at start-up.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads all settings, or reports every problem at once. `dotenv` names the variables of the `.env` file.
    ///
    /// # Errors
    /// When a setting is invalid, or one that another setting requires is missing.
    pub fn from_settings(
        settings: &Settings,
        dotenv: &BTreeSet<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(settings, dotenv);
        let mut read = reader.parse()?;
        read.http.base_url = read.http.base_url.or(read.http.website_hostname.clone());
        let database = read.database.into_config(&mut reader);
        outbound::require_header(&mut reader);
        let sign_in = read
            .sign_in
            .into_config(&read.http, &read.outbound, &mut reader);
        environment::check(&environment::names(), &mut reader);
        let (database, warnings) = reader.finish(database)?;
        Ok(Self {
            http: read.http,
            feature: read.feature,
            database,
            sign_in,
            outbound: read.outbound,
            telemetry: read.telemetry,
            warnings,
        })
    }
}
