//! Calls to other services: the sign-in service, Microsoft Graph and the identity endpoint.

use std::time::Duration;

use super::reader::{Reader, is_set};
use super::secret::Secret;
use super::units::{LONGEST, SHORTEST, duration, size};

/// The settings of calls to other services as text.
#[derive(clap::Args)]
#[command(next_help_heading = "Calls to other services")]
pub(super) struct OutboundSettings {
    /// Client ID of the user-assigned managed identity, for the database's token and in place of a client secret
    #[arg(long, env, value_name = "ID")]
    azure_managed_identity_client_id: Option<String>,
    /// Address of the managed identity's endpoint, set by App Service
    #[arg(long, env, value_name = "URL")]
    identity_endpoint: Option<String>,
    /// What proves to the identity's endpoint that a call comes from this machine, set by App Service
    #[arg(long, env, value_name = "SECRET")]
    identity_header: Option<String>,
    /// Longest duration of a call [default: 10s]
    #[arg(long, env, value_name = "DURATION")]
    outbound_timeout: Option<String>,
    /// Largest answer that is read [default: 1MiB]
    #[arg(long, env, value_name = "SIZE")]
    outbound_body_limit: Option<String>,
}

/// As whom other services are called, and how much of them is borne.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundConfig {
    /// Client ID of a user-assigned managed identity.
    pub managed_identity_client_id: Option<String>,
    /// Where the managed identity's tokens are to be had, on App Service.
    pub identity_endpoint: Option<IdentityEndpoint>,
    /// Longest duration of a call, from connecting to the end of the answer.
    pub timeout: Duration,
    /// Largest answer, in bytes.
    pub body_limit: usize,
}

/// App Service's source of a managed identity's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityEndpoint {
    pub url: String,
    /// For the `X-IDENTITY-HEADER` of each call.
    pub header: Secret,
}

impl OutboundConfig {
    pub(super) fn read(settings: &OutboundSettings, reader: &mut Reader) -> Self {
        const NAME: &str = "AZURE_MANAGED_IDENTITY_CLIENT_ID";
        let identity = settings.azure_managed_identity_client_id.as_deref();
        let mut config = Self {
            managed_identity_client_id: reader.parse(NAME, identity, parse_client_id),
            identity_endpoint: identity_endpoint(settings, reader),
            timeout: Duration::from_secs(10),
            body_limit: 1024 * 1024,
        };
        let timeout = settings.outbound_timeout.as_deref();
        reader.set(
            &mut config.timeout,
            "OUTBOUND_TIMEOUT",
            timeout,
            duration(SHORTEST..=LONGEST),
        );
        let limit = settings.outbound_body_limit.as_deref();
        reader.set(
            &mut config.body_limit,
            "OUTBOUND_BODY_LIMIT",
            limit,
            size(1024..=64 * 1024 * 1024),
        );
        config
    }
}

/// Both of its settings, or neither.
fn identity_endpoint(settings: &OutboundSettings, reader: &mut Reader) -> Option<IdentityEndpoint> {
    const HEADER: &str = "IDENTITY_HEADER";
    let endpoint = settings.identity_endpoint.as_deref();
    let header = settings.identity_header.as_deref();
    let url = reader.parse("IDENTITY_ENDPOINT", endpoint, parse_endpoint);
    if is_set(endpoint) && !is_set(header) {
        reader.problem(
            HEADER,
            "set it too: IDENTITY_ENDPOINT is set, and answers nobody without it",
        );
    }
    let header = reader.parse(HEADER, header, |text| Ok(Secret::new(text)));
    Some(IdentityEndpoint {
        url: url?,
        header: header?,
    })
}

fn parse_endpoint(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(|_| text.to_owned())
        .ok_or_else(|| "write an address such as http://localhost:8081/msi/token".to_owned())
}

/// Accepts what may stand in a form field or a query as it is; Entra's own IDs are GUIDs.
pub(super) fn parse_client_id(text: &str) -> Result<String, String> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    {
        Ok(text.to_owned())
    } else {
        Err("write a client ID such as 11111111-2222-3333-4444-555555555555".to_owned())
    }
}
