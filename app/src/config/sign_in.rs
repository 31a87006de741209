//! Settings of sign-in with Entra ID. Configured means that `AZURE_CLIENT_ID` is set.

#![expect(clippy::doc_markdown, reason = "the comments are the help text")]

use std::collections::BTreeSet;
use std::time::Duration;

use super::base_url::BaseUrl;
use super::http::HttpConfig;
use super::outbound::{OutboundConfig, parse_client_id};
use super::parsers::{choice, duration, guid, number};
use super::reader::Reader;
use super::redirect_uri::{DEFAULT_PATH, RedirectUri};
use super::secret::Secret;

/// The heading of these settings in `--help`.
pub(super) const HEADING: &str = "Sign-in";

/// The setting without which the others under the heading are ignored.
pub(super) const SWITCH: &str = "AZURE_CLIENT_ID";

/// Why a setting must be set.
const NEEDED: &str = "AZURE_CLIENT_ID is set, and sign-in does not work without it";

/// In bytes: a key shorter than the digest would be weaker than the digest.
const SHORTEST_KEY: usize = 32;

const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// Sign-in's settings as they are written.
#[derive(clap::Args)]
#[command(next_help_heading = HEADING)]
pub(super) struct SignInSettings {
    // Its value is hidden because client secrets are pasted here by mistake.
    /// Application (client) ID of the app registration; without it nobody can sign in and the rest of this group is ignored
    #[arg(long, env, value_name = "ID", value_parser = parse_client_id, hide_env_values = true)]
    azure_client_id: Option<String>,
    /// Directory (tenant) ID or domain, or organizations, common, consumers
    #[arg(long, env, value_name = "TENANT", value_parser = parse_tenant)]
    azure_tenant_id: Option<String>,
    /// Client secret of the app registration; unset: AZURE_MANAGED_IDENTITY_CLIENT_ID authenticates the site
    #[arg(long, env, value_name = "SECRET", hide_env_values = true)]
    azure_client_secret: Option<Secret>,
    /// Redirect URI, as registered; unset: /auth/callback at BASE_URL, or at http://localhost:PORT
    #[arg(long, env, value_name = "URL", value_parser = RedirectUri::parse)]
    azure_redirect_uri: Option<RedirectUri>,
    /// Key of the session cookies, 32 bytes or more, the same on all instances
    #[arg(long, env, value_name = "SECRET", value_parser = parse_key, hide_env_values = true)]
    session_secret_key: Option<Secret>,
    /// Tenants whose users may sign in, as IDs separated by commas, * for any; required with organizations, common, consumers
    #[arg(long, env, value_name = "LIST", value_parser = AllowedTenants::parse)]
    azure_allowed_tenants: Option<AllowedTenants>,
    /// What requires sign-in: writes, all or none
    #[arg(long, env, value_name = "WHAT", default_value = "writes", value_parser = choice(SignInRequired::CHOICES))]
    sign_in_required: SignInRequired,
    /// Time without a request after which a session expires
    #[arg(long, env, value_name = "DURATION", default_value = "8h", value_parser = duration(Duration::from_secs(1)))]
    session_idle_timeout: Duration,
    /// Time after which a session expires in any case
    #[arg(long, env, value_name = "DURATION", default_value = "24h", value_parser = duration(Duration::from_secs(1)))]
    session_max_age: Duration,
    /// Sign-in attempts per minute and client address, counted behind a trusted proxy only; 0 = no limit
    #[arg(long, env, value_name = "NUMBER", default_value = "30", value_parser = number(0..=1_000_000_u32))]
    rate_limit_login: u32,
    /// Origin of the sign-in service, for other clouds
    #[arg(long, env, value_name = "ORIGIN", default_value = PUBLIC_AUTHORITY, value_parser = BaseUrl::parse_service)]
    azure_authority_host: BaseUrl,
    /// Origin of Microsoft Graph, for other clouds
    #[arg(long, env, value_name = "ORIGIN", default_value = "https://graph.microsoft.com", value_parser = BaseUrl::parse_service)]
    azure_graph_url: BaseUrl,
    /// Audience of the managed identity's token, for other clouds
    #[arg(
        long,
        env,
        value_name = "AUDIENCE",
        default_value = "api://AzureADTokenExchange"
    )]
    azure_token_exchange_audience: String,
}

/// The provider, the site's registration, its sessions, and what a sign-in is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInConfig {
    pub provider: ProviderConfig,
    pub client: ClientConfig,
    pub session: SessionConfig,
    pub required: SignInRequired,
    /// Sign-ins started per client address and minute; 0 = no limit.
    pub rate_limit_login: u32,
}

/// The identity provider, and Microsoft Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    pub authority_host: BaseUrl,
    pub graph_url: BaseUrl,
    /// An ID or a domain, or `organizations`, `common`, `consumers`.
    pub tenant: String,
    pub allowed_tenants: AllowedTenants,
}

/// The tenants whose users may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedTenants {
    /// The configured tenant only.
    Own,
    Any,
    /// The tenants with these IDs, in lower case.
    Listed(BTreeSet<String>),
}

/// The site's app registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    pub id: String,
    pub credential: ClientCredential,
    pub redirect_uri: RedirectUri,
}

/// How the site authenticates to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCredential {
    Secret(Secret),
    /// The client assertion is a token for this audience, of the managed identity with this client ID.
    ManagedIdentity {
        client_id: String,
        audience: String,
    },
}

/// Sessions and the key of their cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// At least 32 bytes.
    pub key: Secret,
    /// Time without a request after which a session expires.
    pub idle_timeout: Duration,
    /// Time after which a session expires in any case.
    pub max_age: Duration,
}

/// What needs a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRequired {
    /// Requests that change data.
    Writes,
    All,
    None,
}

impl SignInRequired {
    const CHOICES: [(&str, Self); 3] = [
        ("writes", Self::Writes),
        ("all", Self::All),
        ("none", Self::None),
    ];
}

impl SignInSettings {
    /// `None` if sign-in is not configured, or not valid, which is then a problem.
    pub(super) fn into_config(
        self,
        http: &HttpConfig,
        outbound: &OutboundConfig,
        reader: &mut Reader<'_>,
    ) -> Option<SignInConfig> {
        if !reader.is_set(SWITCH) {
            warn_of_ignored(reader);
            return None;
        }
        self.warn_of_public_graph(reader);
        let allowed_tenants = self.allowed_tenants(reader);
        let tenant = reader.require("AZURE_TENANT_ID", self.azure_tenant_id.clone(), NEEDED);
        let credential = self.credential(outbound, reader);
        let redirect_uri = self.redirect_uri(http, reader);
        let key = reader.require("SESSION_SECRET_KEY", self.session_secret_key, NEEDED);
        Some(SignInConfig {
            provider: ProviderConfig {
                authority_host: self.azure_authority_host,
                graph_url: self.azure_graph_url,
                tenant: tenant?,
                allowed_tenants: allowed_tenants?,
            },
            client: ClientConfig {
                id: self.azure_client_id?,
                credential: credential?,
                redirect_uri: redirect_uri?,
            },
            session: SessionConfig {
                key: key?,
                idle_timeout: self.session_idle_timeout,
                max_age: self.session_max_age,
            },
            required: self.sign_in_required,
            rate_limit_login: self.rate_limit_login,
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

    fn allowed_tenants(&self, reader: &mut Reader<'_>) -> Option<AllowedTenants> {
        const NAME: &str = "AZURE_ALLOWED_TENANTS";
        let allowed = self.azure_allowed_tenants.clone();
        let Some(tenant) = &self.azure_tenant_id else {
            return Some(AllowedTenants::Own);
        };
        let shared = ["organizations", "common", "consumers"];
        if shared.iter().any(|name| name.eq_ignore_ascii_case(tenant)) {
            let reason = "AZURE_TENANT_ID stands for many tenants; write * to allow users of any";
            return reader.require(NAME, allowed, reason);
        }
        if allowed.is_some() {
            let warning =
                "AZURE_ALLOWED_TENANTS ignored: AZURE_TENANT_ID allows users of one tenant only";
            reader.warning(warning);
        }
        Some(AllowedTenants::Own)
    }

    /// A client secret wins over a managed identity.
    fn credential(
        &self,
        outbound: &OutboundConfig,
        reader: &mut Reader<'_>,
    ) -> Option<ClientCredential> {
        const NAME: &str = "AZURE_CLIENT_SECRET";
        if let Some(client_id) = &outbound.managed_identity_client_id
            && !reader.is_set(NAME)
        {
            return Some(ClientCredential::ManagedIdentity {
                client_id: client_id.clone(),
                audience: self.azure_token_exchange_audience.clone(),
            });
        }
        let reason = format!("{NEEDED} or AZURE_MANAGED_IDENTITY_CLIENT_ID");
        let secret = reader.require(NAME, self.azure_client_secret.clone(), &reason);
        secret.map(ClientCredential::Secret)
    }

    fn redirect_uri(&self, http: &HttpConfig, reader: &mut Reader<'_>) -> Option<RedirectUri> {
        const NAME: &str = "AZURE_REDIRECT_URI";
        if !reader.is_set(NAME) {
            let default = default_redirect_uri(http);
            return default
                .map_err(|problem| reader.problem(NAME, &problem))
                .ok();
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
    let set = |name: &&str| reader.is_set(name);
    let mut names: Vec<_> = ["AZURE_CLIENT_SECRET", "AZURE_REDIRECT_URI"]
        .into_iter()
        .filter(set)
        .collect();
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

fn default_redirect_uri(http: &HttpConfig) -> Result<RedirectUri, String> {
    match &http.base_url {
        Some(base_url) => RedirectUri::parse(&format!("{}{DEFAULT_PATH}", base_url.origin()))
            .map_err(|_| "sign-in needs a BASE_URL with https, except on localhost".to_owned()),
        None if http.port == 0 => {
            Err("set it, or BASE_URL: with PORT=0 the address is not known".to_owned())
        }
        None => RedirectUri::parse(&format!("http://localhost:{}{DEFAULT_PATH}", http.port)),
    }
}

impl AllowedTenants {
    /// Parses `*`, or IDs separated by commas.
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let ids: Option<_> = text.split(',').map(|id| guid(id.trim())).collect();
        ids.map(Self::Listed).ok_or_else(|| {
            "must be tenant IDs such as 11111111-2222-3333-4444-555555555555, separated by commas, or * for any".to_owned()
        })
    }
}

/// Accepts what needs no escaping in a path: an ID, a domain, or one of the names for many tenants.
fn parse_tenant(text: &str) -> Result<String, String> {
    let in_tenant = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if !text.bytes().all(in_tenant) || text.starts_with('.') {
        return Err(
            "must be a tenant ID, a domain such as contoso.onmicrosoft.com, or organizations, common, consumers"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

fn parse_key(text: &str) -> Result<Secret, String> {
    if text.len() < SHORTEST_KEY {
        return Err(format!(
            "must be at least {SHORTEST_KEY} random bytes, such as `openssl rand -base64 48` prints"
        ));
    }
    Ok(Secret::new(text))
}
