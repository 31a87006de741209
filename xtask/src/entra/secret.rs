//! The client secret: where it is kept, and which of the registration's secrets that is.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;

use super::az::{Az, text};
use super::azd::Environment;
use super::dotenv_file;
use super::registration::Registration;
use super::switch::{Site, wait_for_version};
use super::vault::{SECRET_NAME, VaultSecret, hint_of};
use crate::settings;

/// What the app calls it.
const SETTING: &str = "AZURE_CLIENT_SECRET";

/// A secret is valid for so long.
const YEARS: &str = "1";

/// Where the secret is kept.
pub(super) enum SecretStore {
    DotEnv(PathBuf),
    Vault { secret: VaultSecret, site: Site },
}

impl SecretStore {
    pub(super) fn of_site(environment: &Environment) -> Result<Self> {
        let name = environment.get("AUTH_CLIENT_SECRET_NAME");
        Ok(Self::Vault {
            secret: VaultSecret {
                vault: environment.output("AZURE_KEY_VAULT_NAME")?,
                name: name.unwrap_or(SECRET_NAME).to_owned(),
            },
            site: Site {
                group: environment.output("AZURE_RESOURCE_GROUP")?,
                name: environment.output("SERVICE_WEB_NAME")?,
            },
        })
    }

    pub(super) fn description(&self) -> String {
        match self {
            Self::DotEnv(_) => ".env".to_owned(),
            Self::Vault { secret, .. } => {
                format!("the key vault {} as {}", secret.vault, secret.name)
            }
        }
    }

    /// The registration's secret that is kept here.
    pub(super) fn find<'a>(
        &self,
        az: &Az,
        registration: &'a Registration,
    ) -> Result<Option<&'a Value>> {
        let kept = match self {
            Self::DotEnv(file) => settings::read(file)?
                .remove(SETTING)
                .map(|secret| hint_of(&secret)),
            Self::Vault { secret, .. } => secret.hint(az)?,
        };
        let is_kept = |secret: &&Value| kept.as_deref() == secret["hint"].as_str();
        let mut secrets = registration.secrets().iter();
        Ok(secrets.find(|secret| kept.is_some() && is_kept(secret)))
    }

    /// Whether the secret was made for this place, so that this place alone can need it.
    pub(super) fn is_own(&self, secret: &Value) -> bool {
        match self {
            // Other machines of the same developer have theirs.
            Self::DotEnv(_) => false,
            Self::Vault { .. } => secret["displayName"].as_str() == Some(self.name_at_entra()),
        }
    }

    /// Has Entra make a secret, and puts it away without showing it to anybody.
    pub(super) fn make(&self, az: &Az, client_id: &str) -> Result<()> {
        let reset = ["ad", "app", "credential", "reset", "--id", client_id];
        let options = [
            "--append",
            "--display-name",
            self.name_at_entra(),
            "--years",
            YEARS,
        ];
        let password = text(&az.call(&[&reset[..], &options].concat())?, "password")?;
        match self {
            Self::DotEnv(file) => dotenv_file::set(file, &[(SETTING, password)]),
            Self::Vault { secret, .. } => secret.write(az, &password).map(drop),
        }
    }

    /// Waits until the app uses the secret that is kept here, so that older ones are of no use any more.
    pub(super) fn wait_until_used(&self, az: &Az) -> Result<()> {
        match self {
            // The app reads it when it starts.
            Self::DotEnv(_) => Ok(()),
            Self::Vault { secret, site } => wait_for_version(az, site, &secret.version(az)?),
        }
    }

    fn name_at_entra(&self) -> &str {
        match self {
            Self::DotEnv(_) => "home",
            Self::Vault { site, .. } => &site.name,
        }
    }
}
