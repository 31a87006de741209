//! Where people will sign in: at the site that azd deployed, or on this machine.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::account::Account;
use super::azd::{self, Environment};
use super::credential::{Credential, federated_credential};
use super::dotenv_file;
use super::secret::SecretStore;
use crate::{settings, workspace};

const TEMPLATE: &str = "rust-salvo-postgres-azd";

/// The site on this machine. Entra does not compare the port of a localhost address.
const HOME: &str = "http://localhost:8000";

/// Where the settings go.
pub(super) enum Place {
    /// The file is `.env`.
    Home(PathBuf),
    Site(Environment),
}

impl Place {
    /// The site of the selected azd environment, or this machine where there is none.
    pub(super) fn choose(home: bool, env_file: Option<PathBuf>) -> Result<Self> {
        let environment = if home { None } else { Environment::selected()? };
        let home = || Self::Home(env_file.unwrap_or_else(settings::file));
        Ok(environment.map_or_else(home, Self::Site))
    }

    pub(super) fn client_id_setting(&self) -> &'static str {
        match self {
            Self::Home(_) => "AZURE_CLIENT_ID",
            Self::Site(_) => "AUTH_CLIENT_ID",
        }
    }

    /// A setting as it is now.
    pub(super) fn setting(&self, name: &str) -> Result<Option<String>> {
        match self {
            Self::Home(file) => {
                let value = settings::read(file)?.remove(name);
                Ok(value.filter(|value| !value.is_empty()))
            }
            Self::Site(environment) => Ok(environment.get(name).map(str::to_owned)),
        }
    }

    /// The registration's name where none is chosen: another for each site and each developer.
    pub(super) fn registration_name(&self, account: &Account) -> Result<String> {
        Ok(match self {
            Self::Home(_) => format!("{TEMPLATE} ({})", account.user),
            Self::Site(environment) => {
                format!("{TEMPLATE} {}", environment.output("SERVICE_WEB_NAME")?)
            }
        })
    }

    pub(super) fn home_page(&self) -> Result<String> {
        Ok(format!("{}/", self.origin()?))
    }

    /// Where the browser comes back to after a sign-in, and after a sign-out.
    pub(super) fn redirect_uris(&self) -> Result<Vec<String>> {
        let mut origins = vec![self.origin()?];
        if let Self::Site(_) = self {
            origins.push(HOME.to_owned());
        }
        let both = |origin: &String| [format!("{origin}/auth/callback"), format!("{origin}/")];
        let mut redirect_uris: Vec<String> = origins.iter().flat_map(both).collect();
        redirect_uris.extend(self.setting("AZURE_REDIRECT_URI")?);
        Ok(redirect_uris)
    }

    /// A secret where it is asked for or in use, else the managed identity.
    pub(super) fn credential(&self, secret: bool, account: &Account) -> Result<Credential> {
        match self {
            Self::Home(file) => {
                let in_use = self.setting("AZURE_CLIENT_SECRET")?.is_some();
                ensure!(
                    secret || in_use,
                    "no managed identity vouches for a site on this machine: add --client-secret to keep a secret in .env, \
                     or use the emulator that `cargo xtask dev` starts"
                );
                Ok(Credential::Secret(SecretStore::DotEnv(file.clone())))
            }
            Self::Site(environment) => {
                if secret || environment.get("AUTH_CLIENT_SECRET_NAME").is_some() {
                    return Ok(Credential::Secret(SecretStore::of_site(environment)?));
                }
                Ok(Credential::Identity(federated_credential(
                    environment,
                    account,
                )?))
            }
        }
    }

    /// What the app or the next deployment is told, in the order in which it is written.
    pub(super) fn settings(
        &self,
        client_id: &str,
        account: &Account,
        credential: &Credential,
    ) -> Vec<(&'static str, String)> {
        let client_id = client_id.to_owned();
        let tenant_id = account.tenant_id.clone();
        match self {
            Self::Home(_) => {
                let mut settings = vec![
                    ("AZURE_CLIENT_ID", client_id),
                    ("AZURE_TENANT_ID", tenant_id),
                ];
                if !account.cloud.is_public {
                    settings.push(("AZURE_AUTHORITY_HOST", account.cloud.authority.clone()));
                    settings.push(("AZURE_GRAPH_URL", account.cloud.graph.clone()));
                }
                settings
            }
            Self::Site(_) => {
                let mut settings = vec![
                    ("AUTH_CLIENT_ID", client_id),
                    ("AUTH_TENANT_ID", tenant_id),
                    ("ENABLE_ENTRA_AUTH", "true".to_owned()),
                ];
                if let Credential::Secret(SecretStore::Vault { secret, .. }) = credential {
                    settings.push(("AUTH_CLIENT_SECRET_NAME", secret.name.clone()));
                }
                settings
            }
        }
    }

    /// Writes the settings; the key of the sessions too, where this machine has none.
    pub(super) fn write(
        &self,
        client_id: &str,
        account: &Account,
        credential: &Credential,
    ) -> Result<()> {
        let mut settings = self.settings(client_id, account, credential);
        if self.lacks_session_key()? {
            settings.push(("SESSION_SECRET_KEY", workspace::random_key()?));
        }
        match self {
            Self::Home(file) => dotenv_file::set(file, &settings),
            Self::Site(_) => settings
                .iter()
                .try_for_each(|(name, value)| azd::set(name, value)),
        }
    }

    /// A site has its key from the deployment.
    pub(super) fn lacks_session_key(&self) -> Result<bool> {
        Ok(matches!(self, Self::Home(_)) && self.setting("SESSION_SECRET_KEY")?.is_none())
    }

    /// What the settings are kept in.
    pub(super) fn store(&self) -> &'static str {
        match self {
            Self::Home(_) => ".env",
            Self::Site(_) => "the azd environment",
        }
    }

    /// The site's address, without a slash at its end.
    fn origin(&self) -> Result<String> {
        let Self::Site(environment) = self else {
            return Ok(HOME.to_owned());
        };
        let base_url = environment.get("BASE_URL").map(str::to_owned);
        let address = base_url.map_or_else(|| environment.output("WEB_URI"), Ok)?;
        Ok(address.trim_end_matches('/').to_owned())
    }
}
