//! The site as an application that is registered with the provider.

use super::NEEDED;
use super::redirect_uri::{DEFAULT_PATH, RedirectUri};
use super::settings::SignInSettings;
use crate::config::http::HttpConfig;
use crate::config::outbound::{OutboundConfig, parse_client_id};
use crate::config::reader::{Reader, is_set};
use crate::config::secret::Secret;

/// The registered application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    pub id: String,
    pub credential: ClientCredential,
    pub redirect_uri: RedirectUri,
}

/// How the site proves to the provider that it is the registered application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCredential {
    Secret(Secret),
    /// A token for this audience, of the managed identity with this client ID, as the client assertion.
    ManagedIdentity {
        client_id: String,
        audience: String,
    },
}

impl ClientConfig {
    /// `None` if a setting is missing or wrong, which is then a problem.
    pub(super) fn read(
        settings: &SignInSettings,
        http: &HttpConfig,
        outbound: &OutboundConfig,
        reader: &mut Reader,
    ) -> Option<Self> {
        let id = reader.parse(
            "AZURE_CLIENT_ID",
            settings.azure_client_id.as_deref(),
            parse_client_id,
        );
        let credential = credential(settings, outbound, reader);
        let redirect_uri = redirect_uri(settings, http, reader);
        Some(Self {
            id: id?,
            credential: credential?,
            redirect_uri: redirect_uri?,
        })
    }
}

/// A client secret wins over a managed identity.
fn credential(
    settings: &SignInSettings,
    outbound: &OutboundConfig,
    reader: &mut Reader,
) -> Option<ClientCredential> {
    const NAME: &str = "AZURE_CLIENT_SECRET";
    let mut audience = "api://AzureADTokenExchange".to_owned();
    let other = settings.azure_token_exchange_audience.as_deref();
    reader.set(
        &mut audience,
        "AZURE_TOKEN_EXCHANGE_AUDIENCE",
        other,
        |text| Ok(text.to_owned()),
    );
    let secret = settings.azure_client_secret.as_deref();
    match &outbound.managed_identity_client_id {
        Some(client_id) if !is_set(secret) => Some(ClientCredential::ManagedIdentity {
            client_id: client_id.clone(),
            audience,
        }),
        _ => {
            let reason = format!("{NEEDED} or AZURE_MANAGED_IDENTITY_CLIENT_ID");
            let secret = reader.require(NAME, secret, &reason, |text| Ok(Secret::new(text)));
            secret.map(ClientCredential::Secret)
        }
    }
}

fn redirect_uri(
    settings: &SignInSettings,
    http: &HttpConfig,
    reader: &mut Reader,
) -> Option<RedirectUri> {
    const NAME: &str = "AZURE_REDIRECT_URI";
    let uri = settings.azure_redirect_uri.as_deref();
    if !is_set(uri) {
        return default_redirect_uri(http)
            .map_err(|problem| reader.problem(NAME, &problem))
            .ok();
    }
    let redirect_uri = reader.parse(NAME, uri, RedirectUri::parse)?;
    match &http.base_url {
        Some(base_url) if !redirect_uri.is_at(base_url) => reader.warning(format!(
            "{NAME} is not at BASE_URL: the cookies of a sign-in do not reach it there"
        )),
        None if redirect_uri.is_https() => reader.warning(format!(
            "BASE_URL is not set, although {NAME} is https: the cookies are not Secure, and signing out leads to localhost"
        )),
        _ => {}
    }
    Some(redirect_uri)
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
