//! Settings of calls to other services: the sign-in service, Microsoft Graph and the identity endpoint.

use std::time::Duration;

use super::parsers::{MILLISECOND, duration, has_only, size};
use super::reader::Reader;
use crate::secret::Secret;

/// The site's managed identity, and the limits of calls to other services.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Calls to other services")]
pub struct OutboundConfig {
    /// Client ID of the user-assigned managed identity, for database tokens and in place of a client secret
    #[arg(long, env, value_name = "ID", value_parser = parse_client_id)]
    pub azure_managed_identity_client_id: Option<String>,
    /// Address of the managed identity's endpoint, set by App Service
    #[arg(long, env, value_name = "URL", value_parser = parse_endpoint)]
    pub identity_endpoint: Option<String>,
    /// Secret that authenticates calls to the identity endpoint, set by App Service
    #[arg(long, env, value_name = "SECRET", hide_env_values = true)]
    pub identity_header: Option<Secret>,
    /// Timeout of a call, from connecting to the end of the response
    #[arg(long, env, value_name = "DURATION", default_value = "10s", value_parser = duration(MILLISECOND))]
    pub outbound_timeout: Duration,
    /// Maximum size of a response
    #[arg(long, env, value_name = "SIZE", default_value = "1MiB", value_parser = size(1024..=64 * 1024 * 1024))]
    pub outbound_body_limit: usize,
}

/// The identity endpoint requires its header.
pub(super) fn require_header(reader: &mut Reader<'_>) {
    if reader.is_set("IDENTITY_ENDPOINT") {
        let reason = "IDENTITY_ENDPOINT is set, and refuses calls without it";
        reader.require("IDENTITY_HEADER", reason);
    }
}

fn parse_endpoint(text: &str) -> Result<String, &'static str> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => Err("must be an address such as http://localhost:8081/msi/token"),
    }
}

/// Accepts what needs no escaping in a form field or a query; Entra's own IDs are GUIDs.
pub(super) fn parse_client_id(text: &str) -> Result<String, &'static str> {
    if !has_only(text, "-._") {
        return Err("must be a client ID such as 11111111-2222-3333-4444-555555555555");
    }
    Ok(text.to_owned())
}
