//! Calls to other services: the sign-in service, Microsoft Graph and the identity endpoint.

use std::time::Duration;

use super::reader::Reader;
use super::units::{LONGEST, SHORTEST, duration, size};

/// The settings of calls to other services as text.
#[derive(clap::Args)]
#[command(next_help_heading = "Calls to other services")]
pub(super) struct OutboundSettings {
    /// Client ID of the user-assigned managed identity, for the database's token and in place of a client secret
    #[arg(long, env, value_name = "ID")]
    azure_managed_identity_client_id: Option<String>,
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
    /// Longest duration of a call, from connecting to the end of the answer.
    pub timeout: Duration,
    /// Largest answer, in bytes.
    pub body_limit: usize,
}

impl OutboundConfig {
    pub(super) fn read(settings: &OutboundSettings, reader: &mut Reader) -> Self {
        const NAME: &str = "AZURE_MANAGED_IDENTITY_CLIENT_ID";
        let identity = settings.azure_managed_identity_client_id.as_deref();
        let mut config = Self {
            managed_identity_client_id: reader.parse(NAME, identity, parse_client_id),
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
