//! The client secret: where it is kept, and which of the registration's secrets that is.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::az::{Az, text};
use super::azd::Environment;
use super::dotenv_file;
use super::registration::Registration;
use super::switch::{Site, wait_for_version};
use crate::settings;

/// What the site's secret is called in its vault.
const VAULT_SECRET: &str = "azure-client-secret";

/// Entra shows so many first letters of a secret, for telling one from the other.
const HINT_LETTERS: usize = 3;

/// A secret is valid for so long.
const YEARS: &str = "1";

/// Where the secret is kept.
pub(super) enum SecretStore {
    DotEnv(PathBuf),
    Vault {
        vault: String,
        secret: String,
        site: Site,
    },
}

/// A secret that was made and put away.
pub(super) enum Kept {
    /// The app reads it when it starts.
    DotEnv,
    /// The version of the vault's secret.
    Vault(String),
}

impl SecretStore {
    pub(super) fn of_site(environment: &Environment) -> Result<Self> {
        let secret = environment
            .get("AUTH_CLIENT_SECRET_NAME")
            .unwrap_or(VAULT_SECRET);
        Ok(Self::Vault {
            vault: environment.output("AZURE_KEY_VAULT_NAME")?,
            secret: secret.to_owned(),
            site: Site {
                group: environment.output("AZURE_RESOURCE_GROUP")?,
                name: environment.output("SERVICE_WEB_NAME")?,
            },
        })
    }

    pub(super) fn description(&self) -> String {
        match self {
            Self::DotEnv(_) => ".env".to_owned(),
            Self::Vault { vault, secret, .. } => format!("the key vault {vault} as {secret}"),
        }
    }

    /// The registration's secret that is kept here.
    pub(super) fn find<'a>(
        &self,
        az: &Az,
        registration: &'a Registration,
    ) -> Result<Option<&'a Value>> {
        let Some(kept) = self.hint(az)? else {
            return Ok(None);
        };
        let mut secrets = registration.secrets().iter();
        Ok(secrets.find(|secret| secret["hint"].as_str() == Some(&kept)))
    }

    /// Whether the secret was made for this place, so that this place alone can need it.
    pub(super) fn is_own(&self, secret: &Value) -> bool {
        match self {
            // Other machines of the same developer have theirs.
            Self::DotEnv(_) => false,
            Self::Vault { .. } => secret["displayName"].as_str() == Some(&self.secret_name()),
        }
    }

    /// Has Entra make a secret, and puts it away without showing it to anybody.
    pub(super) fn make(&self, az: &Az, client_id: &str) -> Result<Kept> {
        let name = self.secret_name();
        let reset = [
            "ad",
            "app",
            "credential",
            "reset",
            "--id",
            client_id,
            "--append",
            "--display-name",
            &name,
            "--years",
            YEARS,
        ];
        let password = text(&az.call(&reset)?, "password")?;
        match self {
            Self::DotEnv(file) => {
                dotenv_file::set(file, &[("AZURE_CLIENT_SECRET", password)])?;
                Ok(Kept::DotEnv)
            }
            Self::Vault { vault, secret, .. } => {
                let tag = format!("hint={}", hint_of(&password));
                let set = [
                    "keyvault",
                    "secret",
                    "set",
                    "--vault-name",
                    vault,
                    "--name",
                    secret,
                    "--tags",
                    &tag,
                    "--value",
                    "@-",
                ];
                let id = text(&az.call_with(&set, &password)?, "id")?;
                let version = id.rsplit('/').next().unwrap_or_default();
                Ok(Kept::Vault(version.to_owned()))
            }
        }
    }

    /// Waits until the app uses this secret, so that older ones are of no use any more.
    pub(super) fn wait_until_used(&self, az: &Az, kept: &Kept) -> Result<()> {
        match (self, kept) {
            (Self::Vault { site, .. }, Kept::Vault(version)) => wait_for_version(az, site, version),
            _ => Ok(()),
        }
    }

    /// What is kept here already.
    pub(super) fn kept(&self, az: &Az) -> Result<Kept> {
        let Self::Vault { vault, secret, .. } = self else {
            return Ok(Kept::DotEnv);
        };
        let id = az.call(&[
            "keyvault",
            "secret",
            "show",
            "--vault-name",
            vault,
            "--name",
            secret,
            "--query",
            "id",
        ])?;
        let id = id.as_str().unwrap_or_default();
        let version = id.rsplit('/').next().unwrap_or_default();
        ensure!(
            !version.is_empty(),
            "the secret {secret} in {vault} has no version"
        );
        Ok(Kept::Vault(version.to_owned()))
    }

    fn hint(&self, az: &Az) -> Result<Option<String>> {
        match self {
            Self::DotEnv(file) => {
                let secret = settings::read(file)?.remove("AZURE_CLIENT_SECRET");
                Ok(secret.map(|secret| hint_of(&secret)))
            }
            Self::Vault { vault, secret, .. } => {
                let show = [
                    "keyvault",
                    "secret",
                    "show",
                    "--vault-name",
                    vault,
                    "--name",
                    secret,
                    "--query",
                    "tags.hint",
                ];
                let hint = az.find_one(&show)?;
                Ok(hint.and_then(|hint| hint.as_str().map(str::to_owned)))
            }
        }
    }

    /// What the secret is called at Entra.
    fn secret_name(&self) -> String {
        match self {
            Self::DotEnv(_) => "home".to_owned(),
            Self::Vault { site, .. } => site.name.clone(),
        }
    }
}

fn hint_of(secret: &str) -> String {
    secret.chars().take(HINT_LETTERS).collect()
}
