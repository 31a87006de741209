//! The client secret: kept in `.env`, or in the site's key vault.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::azure::{Az, AzErrorKind, AzdEnvironment, kind_of, optional, retry, text};
use crate::settings;

/// The name of the key vault secret, unless `AUTH_CLIENT_SECRET_NAME` is set.
const DEFAULT_NAME: &str = "azure-client-secret";

/// Entra ID shows this many leading characters of a secret, which identifies the one that is in use.
const HINT_LENGTH: usize = 3;

const VALID_YEARS: &str = "1";

/// The version that documents the refresh, and one whose output has `activeVersion`.
const REFRESH_API: &str = "api-version=2022-03-01";
const REFERENCE_API: &str = "api-version=2024-11-01";

const POLL_PAUSE: Duration = Duration::from_secs(10);
const POLL_ATTEMPTS: u32 = 60;

/// Where the secret is kept.
pub(super) enum SecretStore {
    DotEnv(PathBuf),
    Vault {
        vault: String,
        name: String,
        group: String,
        site: String,
    },
}

impl SecretStore {
    pub(super) fn of_site(environment: &AzdEnvironment) -> Result<Self> {
        let name = environment
            .get("AUTH_CLIENT_SECRET_NAME")
            .unwrap_or(DEFAULT_NAME);
        Ok(Self::Vault {
            vault: environment.output("AZURE_KEY_VAULT_NAME")?,
            name: name.to_owned(),
            group: environment.output("AZURE_RESOURCE_GROUP")?,
            site: environment.output("SERVICE_WEB_NAME")?,
        })
    }

    pub(super) fn description(&self) -> String {
        match self {
            Self::DotEnv(_) => ".env".to_owned(),
            Self::Vault { vault, name, .. } => format!("the key vault {vault} as {name}"),
        }
    }

    /// The secret's name at Entra ID.
    fn display_name(&self) -> &str {
        match self {
            Self::DotEnv(_) => "home",
            Self::Vault { site, .. } => site,
        }
    }

    /// The hint of the secret that is kept here.
    fn hint(&self, az: &Az) -> Result<Option<String>> {
        match self {
            Self::DotEnv(file) => {
                let secret = settings::read(file)?.remove("AZURE_CLIENT_SECRET");
                Ok(secret.map(|secret| secret.chars().take(HINT_LENGTH).collect()))
            }
            Self::Vault { vault, name, .. } => {
                let show = vault_command("show", vault, name, &["--query", "tags.hint"]);
                let hint = optional(az.call(&show))?;
                Ok(hint.and_then(|hint| hint.as_str().map(str::to_owned)))
            }
        }
    }

    /// Whether a valid secret is kept here, and the key ids of the registration's secrets that a new one replaces.
    pub(super) fn inspect(
        &self,
        az: &Az,
        application: &Value,
        rotate: bool,
    ) -> Result<(bool, Vec<String>)> {
        let hint = self.hint(az)?;
        let secrets = application["passwordCredentials"].as_array();
        let mut is_kept = false;
        let mut replaced = Vec::new();
        for secret in secrets.into_iter().flatten() {
            let is_this = !is_kept && hint.is_some() && hint.as_deref() == secret["hint"].as_str();
            is_kept |= is_this;
            // Other secrets of a local registration belong to other machines of the same developer.
            let is_stale =
                matches!(self, Self::Vault { site, .. } if secret["displayName"] == **site);
            if if is_this { rotate } else { is_stale } {
                replaced.push(text(secret, "keyId")?);
            }
        }
        Ok((is_kept, replaced))
    }

    /// Creates a secret at Entra ID and stores it here without printing it.
    pub(super) fn create(&self, az: &Az, client_id: &str) -> Result<()> {
        let reset = [
            "ad",
            "app",
            "credential",
            "reset",
            "--id",
            client_id,
            "--append",
        ];
        let options = [
            "--display-name",
            self.display_name(),
            "--years",
            VALID_YEARS,
        ];
        let reset = [&reset[..], &options].concat();
        let secret = text(&retry(|| az.call(&reset))?, "password")?;
        let (vault, name) = match self {
            Self::DotEnv(file) => return settings::write(file, &[("AZURE_CLIENT_SECRET", secret)]),
            Self::Vault { vault, name, .. } => (vault, name),
        };
        let tag = format!(
            "hint={}",
            &secret.chars().take(HINT_LENGTH).collect::<String>()
        );
        let set = vault_command("set", vault, name, &["--tags", &tag, "--value", "@-"]);
        let mut stored = az.call_with_input(&set, &secret);
        if matches!(&stored, Err(error) if kind_of(error) == Some(AzErrorKind::SoftDeleted)) {
            az.call(&vault_command("recover", vault, name, &[]))?;
            stored = retry(|| az.call_with_input(&set, &secret));
        }
        stored.map(drop)
    }

    /// Waits until the site uses the secret that is kept here. A local app reads it at its next start.
    pub(super) fn wait_until_used(&self, az: &Az) -> Result<()> {
        let Self::Vault {
            vault,
            name,
            group,
            site,
        } = self
        else {
            return Ok(());
        };
        let id = az.call(&vault_command("show", vault, name, &["--query", "id"]))?;
        let version = id.as_str().and_then(|id| id.rsplit('/').next());
        let version = version.context("the output of az has no version of the secret")?;
        let site = az.call(&["webapp", "show", "--resource-group", group, "--name", site])?;
        wait_for_version(az, &text(&site, "id")?, version)
    }
}

/// The vault and the name of the secret that the azd environment names, if it exists.
pub(super) fn existing_vault_secret<'a>(
    az: &Az,
    environment: &'a AzdEnvironment,
) -> Result<Option<(&'a str, &'a str)>> {
    let vault = environment.get("AZURE_KEY_VAULT_NAME");
    let Some((vault, name)) = vault.zip(environment.get("AUTH_CLIENT_SECRET_NAME")) else {
        return Ok(None);
    };
    let found = optional(az.call(&vault_command("show", vault, name, &["--query", "id"])))?;
    Ok(found.map(|_| (vault, name)))
}

pub(super) fn delete_vault_secret(az: &Az, vault: &str, name: &str) -> Result<()> {
    az.call(&vault_command("delete", vault, name, &[]))
        .map(drop)
}

fn vault_command<'a>(
    verb: &'a str,
    vault: &'a str,
    name: &'a str,
    options: &[&'a str],
) -> Vec<&'a str> {
    let secret = [
        "keyvault",
        "secret",
        verb,
        "--vault-name",
        vault,
        "--name",
        name,
    ];
    [&secret, options].concat()
}

/// Makes App Service read its key vault references again, which restarts the site, and waits for the new version.
/// Until then both secrets are valid.
fn wait_for_version(az: &Az, site_id: &str, version: &str) -> Result<()> {
    let references = format!("{site_id}/config/configreferences/appsettings");
    let refresh = format!("{references}/refresh?{REFRESH_API}");
    az.call(&["rest", "--method", "post", "--uri", &refresh])?;
    let reference = format!("{references}/AZURE_CLIENT_SECRET?{REFERENCE_API}");
    for attempt in 0..POLL_ATTEMPTS {
        if attempt > 0 {
            thread::sleep(POLL_PAUSE);
        }
        let used = az.call(&["rest", "--method", "get", "--uri", &reference]);
        let used = used.context("the site has no AZURE_CLIENT_SECRET yet: run `azd provision --no-state`, then this command again; the old secrets are still valid")?;
        if used["properties"]["activeVersion"] == version {
            return Ok(());
        }
    }
    bail!(
        "the site does not use the new secret yet: run this command again later; the old secrets are still valid"
    )
}
