//! Settings of sign-in with Entra ID: configured means that `AZURE_CLIENT_ID` is set.

mod client;
mod provider;
mod redirect_uri;
mod session;
mod settings;
mod tenants;

pub use client::{ClientConfig, ClientCredential};
pub use provider::ProviderConfig;
pub use redirect_uri::RedirectUri;
pub use session::SessionConfig;
pub(super) use settings::SignInSettings;
pub use tenants::AllowedTenants;

use super::http::HttpConfig;
use super::outbound::OutboundConfig;
use super::reader::{Reader, is_set};
use super::units::number;

/// Why a companion of `AZURE_CLIENT_ID` must be set.
const NEEDED: &str = "AZURE_CLIENT_ID is set, and sign-in does not work without it";

/// Set without `AZURE_CLIENT_ID`, these show that it was forgotten.
const TELLING: [&str; 2] = ["AZURE_CLIENT_SECRET", "AZURE_REDIRECT_URI"];

/// Who signs people in, as what, and what a sign-in is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInConfig {
    pub provider: ProviderConfig,
    pub client: ClientConfig,
    pub session: SessionConfig,
    pub required: SignInRequired,
    /// Sign-ins begun per client address and minute; 0 = no limit.
    pub rate_limit_login: u32,
}

/// What needs a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRequired {
    /// Whatever changes data.
    Writes,
    All,
    None,
}

impl SignInConfig {
    /// `None` if sign-in is not configured, or not usable and noted as a problem.
    pub(super) fn read(
        settings: &SignInSettings,
        http: &HttpConfig,
        outbound: &OutboundConfig,
        reader: &mut Reader,
    ) -> Option<Self> {
        if !is_set(settings.azure_client_id.as_deref()) {
            ignore(settings, reader);
            return None;
        }
        let provider = ProviderConfig::read(settings, reader);
        let client = ClientConfig::read(settings, http, outbound, reader);
        let session = SessionConfig::read(settings, reader);
        let mut required = SignInRequired::Writes;
        reader.set(
            &mut required,
            "SIGN_IN_REQUIRED",
            settings.sign_in_required.as_deref(),
            parse_required,
        );
        let mut rate_limit_login = 30;
        let limit = settings.rate_limit_login.as_deref();
        reader.set(
            &mut rate_limit_login,
            "RATE_LIMIT_LOGIN",
            limit,
            number(0..=1_000_000),
        );
        Some(Self {
            provider: provider?,
            client: client?,
            session: session?,
            required,
            rate_limit_login,
        })
    }
}

/// Without `AZURE_CLIENT_ID` the other settings are not looked at, but for what App Service could not resolve.
fn ignore(settings: &SignInSettings, reader: &mut Reader) {
    let companions = settings.companions();
    for (name, value) in companions {
        reader.verbatim(name, value);
    }
    let telling = |(name, value): &(&str, Option<&str>)| {
        (TELLING.contains(name) && is_set(*value))
            || (*name == "SIGN_IN_REQUIRED" && *value == Some("all"))
    };
    let names: Vec<_> = companions
        .into_iter()
        .filter(telling)
        .map(|(name, _)| name)
        .collect();
    if !names.is_empty() {
        let names = names.join(", ");
        reader.warning(format!(
            "{names} ignored: nobody can sign in, because AZURE_CLIENT_ID is not set"
        ));
    }
}

fn parse_required(text: &str) -> Result<SignInRequired, String> {
    match text {
        "writes" => Ok(SignInRequired::Writes),
        "all" => Ok(SignInRequired::All),
        "none" => Ok(SignInRequired::None),
        _ => Err("write writes, all or none".to_owned()),
    }
}
