//! The client secret: kept in `.env`, or in the site's key vault.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::target::Target;
use crate::azure::{AzErrorKind, az, az_with_input, kind_of, optional, retry, text};

/// The name of the key vault secret, unless `AUTH_CLIENT_SECRET_NAME` is set.
const DEFAULT_NAME: &str = "azure-client-secret";

/// Entra ID shows this many leading characters of a secret, which identifies the one that is in use.
const HINT_LENGTH: usize = 3;

/// The version that documents the refresh, and one whose output has `activeVersion`.
const REFRESH_API: &str = "api-version=2022-03-01";
const REFERENCE_API: &str = "api-version=2024-11-01";

const POLL_PAUSE: Duration = Duration::from_secs(10);
const POLL_ATTEMPTS: u32 = 60;

/// The secret's name at Entra ID, and its place in the key vault of a site, `None` in `.env`.
pub(super) struct ClientSecret<'a> {
    target: &'a Target,
    display_name: &'a str,
    vault: Option<(&'a str, &'a str)>,
}

impl<'a> ClientSecret<'a> {
    /// `None` for a site that uses its managed identity.
    pub(super) fn of(target: &'a Target, wanted: bool) -> Result<Option<Self>> {
        if target.env_file().is_some() {
            ensure!(
                wanted || target.setting("AZURE_CLIENT_SECRET").is_some(),
                "this machine has no managed identity: add --client-secret to keep a client secret in .env, \
                 or use the Entra emulator that `cargo xtask dev` starts"
            );
            return Ok(Some(Self {
                target,
                display_name: "home",
                vault: None,
            }));
        }
        let name = target.setting("AUTH_CLIENT_SECRET_NAME");
        if !wanted && name.is_none() {
            return Ok(None);
        }
        let vault = target.output("AZURE_KEY_VAULT_NAME")?;
        Ok(Some(Self {
            target,
            display_name: target.output("SERVICE_WEB_NAME")?,
            vault: Some((vault, name.unwrap_or(DEFAULT_NAME))),
        }))
    }

    pub(super) fn vault_name(&self) -> Option<&'a str> {
        self.vault.map(|(_, name)| name)
    }

    /// Where the secret is kept.
    pub(super) fn place(&self) -> String {
        self.vault.map_or(".env".to_owned(), |(vault, name)| {
            format!("the key vault {vault} as {name}")
        })
    }

    /// The hint of the secret that is kept.
    fn hint(&self) -> Result<Option<String>> {
        let Some((vault, name)) = self.vault else {
            return Ok(self.target.setting("AZURE_CLIENT_SECRET").map(hint_of));
        };
        let show = "keyvault secret show --vault-name {} --name {} --query tags.hint";
        let hint = optional(az(show, &[vault, name]))?;
        Ok(hint.and_then(|hint| hint.as_str().map(str::to_owned)))
    }

    /// Whether a valid secret is kept, and the key ids of the registration's secrets that a new one replaces.
    pub(super) fn inspect(&self, application: &Value, rotate: bool) -> Result<(bool, Vec<String>)> {
        let hint = self.hint()?;
        let secrets = application["passwordCredentials"].as_array();
        let (mut is_kept, mut replaced) = (false, Vec::new());
        for secret in secrets.into_iter().flatten() {
            let is_this = !is_kept && hint.is_some() && hint.as_deref() == secret["hint"].as_str();
            is_kept |= is_this;
            // Other secrets of a local registration belong to other machines of the same developer.
            let is_stale = self.vault.is_some() && secret["displayName"] == self.display_name;
            if if is_this { rotate } else { is_stale } {
                replaced.push(text(secret, "keyId")?);
            }
        }
        Ok((is_kept, replaced))
    }

    /// Creates a secret at Entra ID, valid for a year, and stores it without printing it.
    pub(super) fn create(&self, client_id: &str) -> Result<()> {
        let reset = "ad app credential reset --id {} --append --display-name {} --years 1";
        let secret = text(
            &retry(|| az(reset, &[client_id, self.display_name]))?,
            "password",
        )?;
        let Some((vault, name)) = self.vault else {
            return self.target.write(&[("AZURE_CLIENT_SECRET", secret)]);
        };
        let hint = hint_of(&secret);
        let set = "keyvault secret set --vault-name {} --name {} --tags hint={} --value @-";
        let set = || az_with_input(set, &[vault, name, &hint], &secret);
        let mut stored = set();
        if matches!(&stored, Err(error) if kind_of(error) == Some(AzErrorKind::SoftDeleted)) {
            az(
                "keyvault secret recover --vault-name {} --name {}",
                &[vault, name],
            )?;
            stored = retry(set);
        }
        stored.map(drop)
    }

    /// Makes App Service read its key vault references again, which restarts the site, and waits until it uses the
    /// secret that is kept. Until then all secrets are valid. A local app reads it at its next start.
    pub(super) fn wait_until_used(&self) -> Result<()> {
        let Some((vault, name)) = self.vault else {
            return Ok(());
        };
        let show = "keyvault secret show --vault-name {} --name {} --query id";
        let id = az(show, &[vault, name])?;
        let version = id.as_str().and_then(|id| id.rsplit('/').next());
        let version = version.context("the output of az has no version of the secret")?;
        let group = self.target.output("AZURE_RESOURCE_GROUP")?;
        let site = az(
            "webapp show --resource-group {} --name {}",
            &[group, self.display_name],
        )?;
        let site_id = text(&site, "id")?;
        let references = format!("{site_id}/config/configreferences/appsettings");
        az(
            "rest --method post --uri {}/refresh?{}",
            &[&references, REFRESH_API],
        )?;
        for attempt in 0..POLL_ATTEMPTS {
            if attempt > 0 {
                thread::sleep(POLL_PAUSE);
            }
            let get = "rest --method get --uri {}/AZURE_CLIENT_SECRET?{}";
            let used = az(get, &[&references, REFERENCE_API]);
            let used = used.context("the site has no AZURE_CLIENT_SECRET yet: run `azd provision --no-state`, then this command again; the old secrets are still valid")?;
            if used["properties"]["activeVersion"] == version {
                return Ok(());
            }
        }
        bail!(
            "the site does not use the new secret yet: run this command again later; the old secrets are still valid"
        )
    }
}

fn hint_of(secret: &str) -> String {
    secret.chars().take(HINT_LENGTH).collect()
}

/// The vault and the name of the secret that the azd environment of a site names, if it exists.
pub(super) fn existing_vault_secret(target: &Target) -> Result<Option<(&str, &str)>> {
    let vault = target
        .setting("AZURE_KEY_VAULT_NAME")
        .filter(|_| target.env_file().is_none());
    let Some((vault, name)) = vault.zip(target.setting("AUTH_CLIENT_SECRET_NAME")) else {
        return Ok(None);
    };
    let show = "keyvault secret show --vault-name {} --name {} --query id";
    let found = optional(az(show, &[vault, name]))?;
    Ok(found.map(|_| (vault, name)))
}
