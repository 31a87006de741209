//! Settings of sign-in with Entra ID. Configured means that `AZURE_CLIENT_ID` is set.

#![expect(clippy::doc_markdown, reason = "the comments are the help text")]

use std::collections::BTreeSet;
use std::time::Duration;

use super::base_url::BaseUrl;
use super::http::HttpConfig;
use super::outbound::{OutboundConfig, parse_client_id};
use super::parsers::{choice, duration, guid, has_only, number};
use super::reader::Reader;
use super::redirect_uri::{DEFAULT_PATH, RedirectUri};
use crate::secret::Secret;

/// The heading of these settings in `--help`.
pub(super) const HEADING: &str = "Sign-in";

/// The setting without which the others under the heading are ignored.
pub(super) const SWITCH: &str = "AZURE_CLIENT_ID";

/// Why a setting must be set.
const NEEDED: &str = "AZURE_CLIENT_ID is set, and sign-in does not work without it";

/// In bytes: a key shorter than the digest would be weaker than the digest.
const MIN_KEY_LENGTH: usize = 32;

const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// Sign-in's settings, each valid on its own. [`SignInConfig`] holds the required ones.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = HEADING)]
pub struct SignInSettings {
    // Its value is hidden because client secrets are pasted here by mistake.
    /// Application (client) ID of the app registration; without it nobody can sign in and the rest of this group is ignored
    #[arg(long, env, value_name = "ID", value_parser = parse_client_id, hide_env_values = true)]
    azure_client_id: Option<String>,
    /// Directory (tenant) ID or domain, or organizations, common, consumers
    #[arg(long, env, value_name = "TENANT", value_parser = parse_tenant)]
    azure_tenant_id: Option<String>,
    /// Client secret of the app registration; unset: AZURE_MANAGED_IDENTITY_CLIENT_ID authenticates the site
    #[arg(long, env, value_name = "SECRET", hide_env_values = true)]
    pub azure_client_secret: Option<Secret>,
    /// Redirect URI, as registered; unset: /auth/callback at BASE_URL, or at http://localhost:PORT
    #[arg(long, env, value_name = "URL", value_parser = RedirectUri::parse)]
    azure_redirect_uri: Option<RedirectUri>,
    /// Key of the session cookies, 32 bytes or more, the same on all instances
    #[arg(long, env, value_name = "SECRET", value_parser = parse_key, hide_env_values = true)]
    session_secret_key: Option<Secret>,
    /// Tenants whose users may sign in, as IDs separated by commas, * for any; required with organizations, common, consumers
    #[arg(long, env, value_name = "LIST", value_parser = AllowedTenants::parse)]
    pub azure_allowed_tenants: Option<AllowedTenants>,
    /// What requires sign-in: writes, all or none
    #[arg(long, env, value_name = "WHAT", default_value = "writes", value_parser = choice::<SignInRequired>)]
    pub sign_in_required: SignInRequired,
    /// Time without a request after which a session expires
    #[arg(long, env, value_name = "DURATION", default_value = "8h", value_parser = duration(Duration::from_secs(1)))]
    pub session_idle_timeout: Duration,
    /// Time after which a session expires in any case
    #[arg(long, env, value_name = "DURATION", default_value = "24h", value_parser = duration(Duration::from_secs(1)))]
    pub session_max_age: Duration,
    /// Sign-in attempts per minute and client address, counted behind a trusted proxy only; 0 = no limit
    #[arg(long, env, value_name = "NUMBER", default_value = "30", value_parser = number(0..=1_000_000_u32))]
    pub rate_limit_login: u32,
    /// Origin of the sign-in service, for other clouds
    #[arg(long, env, value_name = "ORIGIN", default_value = PUBLIC_AUTHORITY, value_parser = BaseUrl::parse_service)]
    pub azure_authority_host: BaseUrl,
    /// Origin of Microsoft Graph, for other clouds
    #[arg(long, env, value_name = "ORIGIN", default_value = "https://graph.microsoft.com", value_parser = BaseUrl::parse_service)]
    pub azure_graph_url: BaseUrl,
    /// Audience of the managed identity's token, for other clouds
    #[arg(long, env, value_name = "AUDIENCE")]
    #[arg(default_value = "api://AzureADTokenExchange")]
    pub azure_token_exchange_audience: String,
}

/// Validated settings of sign-in. Without a client secret the site authenticates with its managed identity; without
/// allowed tenants only users of `tenant` may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInConfig {
    pub settings: SignInSettings,
    pub client_id: String,
    /// An ID or a domain, or `organizations`, `common`, `consumers`.
    pub tenant: String,
    pub redirect_uri: RedirectUri,
    /// Key of the session cookies, at least 32 bytes.
    pub session_key: Secret,
}

/// The tenants whose users may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedTenants {
    Any,
    /// The tenants with these IDs, in lower case.
    Listed(BTreeSet<String>),
}

/// What needs a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SignInRequired {
    /// Requests that change data.
    Writes,
    All,
    None,
}

impl SignInSettings {
    /// `None` if sign-in is not configured, or not valid, which is then a problem.
    pub(super) fn into_config(
        mut self,
        http: &HttpConfig,
        outbound: &OutboundConfig,
        reader: &mut Reader<'_>,
    ) -> Option<SignInConfig> {
        if !reader.is_set(SWITCH) {
            warn_of_ignored(reader);
            return None;
        }
        self.warn_of_public_graph(reader);
        self.check_allowed_tenants(reader);
        reader.require("AZURE_TENANT_ID", NEEDED);
        if outbound.azure_managed_identity_client_id.is_none() {
            let reason = format!("{NEEDED} or AZURE_MANAGED_IDENTITY_CLIENT_ID");
            reader.require("AZURE_CLIENT_SECRET", &reason);
        }
        let redirect_uri = self.redirect_uri(http, reader);
        reader.require("SESSION_SECRET_KEY", NEEDED);
        Some(SignInConfig {
            client_id: self.azure_client_id.take()?,
            tenant: self.azure_tenant_id.take()?,
            redirect_uri: redirect_uri?,
            session_key: self.session_secret_key.take()?,
            settings: self,
        })
    }

    fn warn_of_public_graph(&self, reader: &mut Reader<'_>) {
        if reader.is_set("AZURE_AUTHORITY_HOST")
            && !reader.is_set("AZURE_GRAPH_URL")
            && self.azure_authority_host.origin() != PUBLIC_AUTHORITY
        {
            reader.warning("AZURE_GRAPH_URL is not set: Graph of the public cloud is used, although AZURE_AUTHORITY_HOST is set");
        }
    }

    /// Allowed tenants have an effect only beside a tenant that stands for many.
    fn check_allowed_tenants(&mut self, reader: &mut Reader<'_>) {
        let Some(tenant) = &self.azure_tenant_id else {
            return;
        };
        let shared = ["organizations", "common", "consumers"];
        if shared.iter().any(|name| name.eq_ignore_ascii_case(tenant)) {
            let reason = "AZURE_TENANT_ID stands for many tenants; write * to allow users of any";
            reader.require("AZURE_ALLOWED_TENANTS", reason);
        } else if self.azure_allowed_tenants.take().is_some() {
            let warning =
                "AZURE_ALLOWED_TENANTS ignored: AZURE_TENANT_ID allows users of one tenant only";
            reader.warning(warning);
        }
    }

    fn redirect_uri(&self, http: &HttpConfig, reader: &mut Reader<'_>) -> Option<RedirectUri> {
        const NAME: &str = "AZURE_REDIRECT_URI";
        if !reader.is_set(NAME) {
            return reader.checked(NAME, default_redirect_uri(http));
        }
        let redirect_uri = self.azure_redirect_uri.clone()?;
        match &http.base_url {
            Some(base_url) if !redirect_uri.is_at(base_url) => reader.warning(
                "AZURE_REDIRECT_URI is not at BASE_URL: the sign-in cookies are not sent there",
            ),
            None if redirect_uri.is_https() => reader.warning(
                "BASE_URL is not set, although AZURE_REDIRECT_URI is https: the cookies are not Secure, \
                 and signing out leads to localhost",
            ),
            _ => {}
        }
        Some(redirect_uri)
    }
}

/// Warns of settings that show that `AZURE_CLIENT_ID` was forgotten.
fn warn_of_ignored(reader: &mut Reader<'_>) {
    let mut names = vec!["AZURE_CLIENT_SECRET", "AZURE_REDIRECT_URI"];
    names.retain(|name| reader.is_set(name));
    if reader.has_value("SIGN_IN_REQUIRED", "all") {
        names.push("SIGN_IN_REQUIRED");
    }
    if !names.is_empty() {
        let names = names.join(", ");
        reader.warning(format!(
            "{names} ignored: nobody can sign in, because {SWITCH} is not set"
        ));
    }
}

fn default_redirect_uri(http: &HttpConfig) -> Result<RedirectUri, &'static str> {
    if http.base_url.is_none() && http.port == 0 {
        return Err("set it, or BASE_URL: with PORT=0 the address is not known");
    }
    RedirectUri::parse(&format!("{}{DEFAULT_PATH}", http.origin()))
        .map_err(|_| "sign-in needs a BASE_URL with https, except on localhost")
}

impl AllowedTenants {
    /// Parses `*`, or IDs separated by commas.
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let ids: Option<_> = text.split(',').map(|id| guid(id.trim())).collect();
        ids.map(Self::Listed).ok_or(
            "must be tenant IDs such as 11111111-2222-3333-4444-555555555555, separated by commas, or * for any",
        )
    }
}

/// Accepts what needs no escaping in a path: an ID, a domain, or one of the names for many tenants.
fn parse_tenant(text: &str) -> Result<String, &'static str> {
    if !has_only(text, "-.") || text.starts_with('.') {
        return Err(
            "must be a tenant ID, a domain such as contoso.onmicrosoft.com, or organizations, common, consumers",
        );
    }
    Ok(text.to_owned())
}

fn parse_key(text: &str) -> Result<Secret, String> {
    if text.len() < MIN_KEY_LENGTH {
        return Err(format!(
            "must be at least {MIN_KEY_LENGTH} random bytes, such as `openssl rand -base64 48` prints"
        ));
    }
    Ok(text.into())
}
