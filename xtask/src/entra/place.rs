//! What is set up for sign-in: the site that azd deployed, or this machine.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::account::Account;
use super::secret::SecretStore;
use crate::azure::AzdEnvironment;
use crate::{settings, workspace};

const TEMPLATE: &str = "rust-salvo-postgres-azd";

/// The site on this machine. Entra ID ignores the port of a localhost redirect URI.
const LOCAL_ORIGIN: &str = "http://localhost:8000";

const LOCAL_SETTINGS: [&str; 6] = [
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_SECRET",
    "SESSION_SECRET_KEY",
    "AZURE_AUTHORITY_HOST",
    "AZURE_GRAPH_URL",
];

/// A site's settings, with their values when sign-in is off.
const SITE_SETTINGS: [(&str, &str); 4] = [
    ("AUTH_CLIENT_ID", ""),
    ("AUTH_TENANT_ID", ""),
    ("AUTH_CLIENT_SECRET_NAME", ""),
    ("ENABLE_ENTRA_AUTH", "false"),
];

pub(super) enum Place {
    /// This machine; the settings are in this `.env` file.
    Local(PathBuf),
    Site(AzdEnvironment),
}

/// How the app authenticates to Entra ID.
pub(super) enum Credential {
    Secret(SecretStore),
    /// The federated credential for the site's managed identity.
    Identity(Value),
}

impl Place {
    /// The site of the selected azd environment, or this machine if there is none.
    pub(super) fn choose(home: bool, env_file: Option<PathBuf>) -> Result<Self> {
        let environment = if home {
            None
        } else {
            AzdEnvironment::selected()?
        };
        let local = || Self::Local(env_file.unwrap_or_else(settings::file));
        Ok(environment.map_or_else(local, Self::Site))
    }

    /// Where the settings are kept.
    pub(super) fn store(&self) -> &'static str {
        match self {
            Self::Local(_) => ".env",
            Self::Site(_) => "the azd environment",
        }
    }

    pub(super) fn client_id_setting(&self) -> &'static str {
        match self {
            Self::Local(_) => LOCAL_SETTINGS[0],
            Self::Site(_) => SITE_SETTINGS[0].0,
        }
    }

    /// The present value of a setting.
    pub(super) fn setting(&self, name: &str) -> Result<Option<String>> {
        let value = match self {
            Self::Local(file) => settings::read(file)?.remove(name),
            Self::Site(environment) => environment.get(name).map(str::to_owned),
        };
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The default name of the registration, different for each site and each developer.
    pub(super) fn registration_name(&self, account: &Account) -> Result<String> {
        Ok(match self {
            Self::Local(_) => format!("{TEMPLATE} ({})", account.user),
            Self::Site(site) => format!("{TEMPLATE} {}", site.output("SERVICE_WEB_NAME")?),
        })
    }

    /// The site's origin, without a slash at the end.
    pub(super) fn origin(&self) -> Result<String> {
        let Self::Site(site) = self else {
            return Ok(LOCAL_ORIGIN.to_owned());
        };
        let base_url = site.get("BASE_URL").map(str::to_owned);
        let origin = base_url.map_or_else(|| site.output("WEB_URI"), Ok)?;
        Ok(origin.trim_end_matches('/').to_owned())
    }

    /// The redirect URIs after sign-in and after sign-out.
    pub(super) fn redirect_uris(&self) -> Result<Vec<String>> {
        let mut origins = vec![self.origin()?];
        if let Self::Site(_) = self {
            origins.push(LOCAL_ORIGIN.to_owned());
        }
        let both = |origin: &String| [format!("{origin}/auth/callback"), format!("{origin}/")];
        let mut uris: Vec<String> = origins.iter().flat_map(both).collect();
        uris.extend(self.setting("AZURE_REDIRECT_URI")?);
        Ok(uris)
    }

    /// A client secret if requested or in use, else the managed identity.
    pub(super) fn credential(&self, wants_secret: bool, account: &Account) -> Result<Credential> {
        match self {
            Self::Local(file) => {
                ensure!(
                    wants_secret || self.setting("AZURE_CLIENT_SECRET")?.is_some(),
                    "this machine has no managed identity: add --client-secret to keep a client secret in .env, \
                     or use the Entra emulator that `cargo xtask dev` starts"
                );
                Ok(Credential::Secret(SecretStore::DotEnv(file.clone())))
            }
            Self::Site(site) if wants_secret || site.get("AUTH_CLIENT_SECRET_NAME").is_some() => {
                Ok(Credential::Secret(SecretStore::of_site(site)?))
            }
            Self::Site(site) => Ok(Credential::Identity(federated_credential(site, account)?)),
        }
    }

    /// The settings that enable sign-in, where they differ from the present ones.
    pub(super) fn changed_settings(
        &self,
        client_id: &str,
        account: &Account,
        credential: &Credential,
    ) -> Result<Vec<(&'static str, String)>> {
        let mut wanted = match self {
            Self::Local(_) => vec![
                ("AZURE_CLIENT_ID", client_id),
                ("AZURE_TENANT_ID", &account.tenant_id),
            ],
            Self::Site(_) => vec![
                ("AUTH_CLIENT_ID", client_id),
                ("AUTH_TENANT_ID", &account.tenant_id),
                ("ENABLE_ENTRA_AUTH", "true"),
            ],
        };
        match (self, credential) {
            (Self::Local(_), _) if !account.is_public_cloud => {
                wanted.push(("AZURE_AUTHORITY_HOST", &account.authority));
                wanted.push(("AZURE_GRAPH_URL", &account.graph));
            }
            (_, Credential::Secret(SecretStore::Vault { name, .. })) => {
                wanted.push(("AUTH_CLIENT_SECRET_NAME", name));
            }
            _ => {}
        }
        let mut changed = Vec::new();
        for (name, value) in wanted {
            if self.setting(name)?.as_deref() != Some(value) {
                changed.push((name, value.to_owned()));
            }
        }
        // The deployment generates the key of a site.
        if matches!(self, Self::Local(_)) && self.setting("SESSION_SECRET_KEY")?.is_none() {
            changed.push(("SESSION_SECRET_KEY", workspace::random_key()?));
        }
        Ok(changed)
    }

    pub(super) fn write(&self, settings: &[(&str, String)]) -> Result<()> {
        match self {
            Self::Local(file) => settings::write(file, settings),
            Self::Site(_) => {
                let mut settings = settings.iter();
                settings.try_for_each(|(name, value)| AzdEnvironment::set(name, value))
            }
        }
    }

    /// The names of the settings that `clear` would change.
    pub(super) fn present_settings(&self) -> Result<Vec<&'static str>> {
        match self {
            Self::Local(file) => {
                let present = settings::read(file)?;
                let is_set =
                    |name: &&str| present.get(*name).is_some_and(|value| !value.is_empty());
                Ok(LOCAL_SETTINGS.into_iter().filter(is_set).collect())
            }
            Self::Site(site) => {
                let differs = |(name, value): &(&str, &str)| {
                    site.contains(name) && site.get(name).unwrap_or_default() != *value
                };
                let changed = SITE_SETTINGS.into_iter().filter(differs);
                Ok(changed.map(|(name, _)| name).collect())
            }
        }
    }

    pub(super) fn clear(&self, names: &[&str]) -> Result<()> {
        match self {
            Self::Local(file) => settings::remove(file, names),
            Self::Site(_) => {
                let mut settings = SITE_SETTINGS
                    .iter()
                    .filter(|(name, _)| names.contains(name));
                settings.try_for_each(|(name, value)| AzdEnvironment::set(name, value))
            }
        }
    }
}

/// Tokens of the managed identity are issued by the subscription's tenant, and only registrations of that tenant accept them.
fn federated_credential(site: &AzdEnvironment, account: &Account) -> Result<Value> {
    let tenant_id = site.output("AZURE_TENANT_ID")?;
    ensure!(
        tenant_id == account.tenant_id,
        "the site's managed identity belongs to the tenant {tenant_id}, and a registration in another tenant cannot trust it: add --client-secret"
    );
    Ok(json!({
        "name": format!("identity-of-{}", site.output("SERVICE_WEB_NAME")?),
        "issuer": format!("{}/{tenant_id}/v2.0", site.output("AZURE_AUTHORITY_HOST")?),
        "subject": site.output("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID")?,
        "audiences": [site.output("AZURE_TOKEN_EXCHANGE_AUDIENCE")?],
    }))
}
