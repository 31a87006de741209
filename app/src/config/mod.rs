//! Every setting of the program, from flags, the environment or a `.env` file. Nothing else reads any of them.

mod application_insights;
mod base_url;
mod database;
mod dotenv;
mod http;
mod outbound;
mod reader;
mod secret;
mod settings;
mod sign_in;
mod telemetry;
#[cfg(test)]
mod tests;
mod trusted_proxies;
mod units;

pub use application_insights::ApplicationInsights;
pub use base_url::BaseUrl;
pub use database::{DatabaseConfig, DatabaseTarget};
pub use dotenv::load_dotenv;
pub use http::HttpConfig;
pub use outbound::{IdentityEndpoint, OutboundConfig};
pub use reader::ConfigError;
pub use secret::Secret;
pub use sign_in::{
    AllowedTenants, ClientConfig, ClientCredential, ProviderConfig, RedirectUri, SessionConfig,
    SignInConfig, SignInRequired,
};
pub use telemetry::{LogFormat, TelemetryConfig};
pub use trusted_proxies::TrustedProxies;

use outbound::OutboundSettings;
use reader::{Reader, is_set};
use settings::{DatabaseSettings, HttpSettings, TelemetrySettings};
use sign_in::SignInSettings;

/// All settings as text. `app --help` is their documentation.
///
/// There is no `Debug`: the text of some settings is secret. `--help` does not show values for the same reason.
#[derive(clap::Args)]
#[command(mut_args(|arg| arg.global(true).hide_env_values(true).value_parser(reader::readable_text())))]
pub struct Settings {
    #[command(flatten)]
    http: HttpSettings,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    sign_in: SignInSettings,
    #[command(flatten)]
    outbound: OutboundSettings,
    #[command(flatten)]
    telemetry: TelemetrySettings,
}

/// What the settings mean, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub http: HttpConfig,
    pub database: DatabaseConfig,
    /// `None`: nobody can sign in.
    pub sign_in: Option<SignInConfig>,
    pub outbound: OutboundConfig,
    pub telemetry: TelemetryConfig,
    /// Settings that have no effect, one line each, to be logged at start-up.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads all settings, or tells every problem they have at once.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = Reader::default();
        let on_app_service = is_set(settings.http.website_hostname.as_deref());
        let http = HttpConfig::read(&settings.http, on_app_service, &mut reader);
        let database = DatabaseConfig::read(&settings.database, on_app_service, &mut reader);
        let outbound = OutboundConfig::read(&settings.outbound, &mut reader);
        let sign_in = SignInConfig::read(&settings.sign_in, &http, &outbound, &mut reader);
        let telemetry = TelemetryConfig::read(&settings.telemetry, &mut reader);
        let (database, warnings) = reader.finish(database)?;
        Ok(Self {
            http,
            database,
            sign_in,
            outbound,
            telemetry,
            warnings,
        })
    }
}
