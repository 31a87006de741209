//! The client secret: kept in `.env`, or in the site's key vault.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::target::Target;
use crate::azure::{AzErrorKind, az, az_with_input, items, kind_of, optional, retry, text};

/// The name of the key vault secret, unless `AUTH_CLIENT_SECRET_NAME` is set.
const DEFAULT_NAME: &str = "azure-client-secret";

/// Entra ID shows this many leading characters of a secret, which identifies the one that is in use.
const HINT_LENGTH: usize = 3;

/// The version that documents the refresh, and one whose output has `activeVersion`.
const REFRESH_API: &str = "api-version=2022-03-01";
const REFERENCE_API: &str = "api-version=2024-11-01";

const POLL_PAUSE: Duration = Duration::from_secs(10);
const POLL_ATTEMPTS: u32 = 60;

/// A secret of a key vault.
#[derive(Clone, Copy)]
pub(super) struct VaultSecret<'a> {
    pub(super) vault: &'a str,
    pub(super) name: &'a str,
}

impl<'a> VaultSecret<'a> {
    /// The secret that the azd environment of a site names, if it exists.
    pub(super) fn existing(target: &'a Target) -> Result<Option<Self>> {
        let vault = target.setting("AZURE_KEY_VAULT_NAME");
        let names = vault.zip(target.setting("AUTH_CLIENT_SECRET_NAME"));
        let Some((vault, name)) = names.filter(|_| target.env_file().is_none()) else {
            return Ok(None);
        };
        let secret = Self { vault, name };
        Ok(secret.show("id")?.map(|_| secret))
    }

    /// One of its properties; `None` if it does not exist.
    fn show(&self, query: &str) -> Result<Option<String>> {
        let value = optional(self.call("show --query {}", &[query], ""))?;
        Ok(value.and_then(|value| value.as_str().map(str::to_owned)))
    }

    fn set(&self, secret: &str) -> Result<Value> {
        let hint = hint_of(secret);
        let set = || self.call("set --tags hint={} --value @-", &[&hint], secret);
        match set() {
            Err(error) if kind_of(&error) == Some(AzErrorKind::SoftDeleted) => {
                self.call("recover", &[], "")?;
                retry(set)
            }
            stored => stored,
        }
    }

    /// Runs an `az keyvault secret` command for this secret. `@-` stands for the input.
    pub(super) fn call(&self, command: &str, values: &[&str], input: &str) -> Result<Value> {
        let call = format!("keyvault secret {command} --vault-name {{}} --name {{}}");
        az_with_input(&call, &[values, &[self.vault, self.name]].concat(), input)
    }
}

/// The secret's name at Entra ID, and its place in the key vault of a site, `None` in `.env`.
pub(super) struct ClientSecret<'a> {
    target: &'a Target,
    display_name: &'a str,
    pub(super) vault: Option<VaultSecret<'a>>,
}

impl<'a> ClientSecret<'a> {
    /// `None` for a site that uses its managed identity.
    pub(super) fn of(target: &'a Target, wanted: bool) -> Result<Option<Self>> {
        let secret = |display_name, vault| Self {
            target,
            display_name,
            vault,
        };
        if target.env_file().is_some() {
            ensure!(
                wanted || target.setting("AZURE_CLIENT_SECRET").is_some(),
                "this machine has no managed identity: add --client-secret to keep a client secret in .env, \
                 or use the Entra emulator that `cargo xtask dev` starts"
            );
            return Ok(Some(secret("home", None)));
        }
        let name = target.setting("AUTH_CLIENT_SECRET_NAME");
        let Some(name) = name.or(wanted.then_some(DEFAULT_NAME)) else {
            return Ok(None);
        };
        let vault = target.output("AZURE_KEY_VAULT_NAME")?;
        let site = target.output("SERVICE_WEB_NAME")?;
        Ok(Some(secret(site, Some(VaultSecret { vault, name }))))
    }

    /// Whether a valid secret is kept, and the key ids of the registration's secrets that a new one replaces.
    pub(super) fn inspect(&self, application: &Value, rotate: bool) -> Result<(bool, Vec<String>)> {
        let hint = match self.vault {
            Some(secret) => secret.show("tags.hint")?,
            None => self.target.setting("AZURE_CLIENT_SECRET").map(hint_of),
        };
        let (mut is_kept, mut replaced) = (false, Vec::new());
        for secret in items(&application["passwordCredentials"]) {
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
        let reset = retry(|| az(reset, &[client_id, self.display_name]))?;
        let secret = text(&reset, "password")?;
        match self.vault {
            Some(vault) => vault.set(&secret).map(drop),
            None => self.target.write(&[("AZURE_CLIENT_SECRET", secret)]),
        }
    }

    /// Deletes secrets at Entra ID once the app uses the one that is kept. Until then all of them are valid.
    pub(super) fn delete(&self, client_id: &str, keys: &[String]) -> Result<()> {
        // A local app reads the new secret at its next start.
        if let Some(secret) = self.vault {
            self.wait_until_used(secret)?;
        }
        for key in keys {
            let delete = "ad app credential delete --id {} --key-id {}";
            az(delete, &[client_id, key]).with_context(|| {
                format!("an old secret is valid until you run `az ad app credential delete --id {client_id} --key-id {key}`")
            })?;
        }
        Ok(())
    }

    /// Makes App Service read its key vault references again, which restarts the site, and waits until it uses the
    /// secret that is kept.
    fn wait_until_used(&self, secret: VaultSecret) -> Result<()> {
        let id = secret.show("id")?;
        let id = id.context("the key vault has no client secret")?;
        let version = id.rsplit('/').next().unwrap_or_default();
        let group = self.target.output("AZURE_RESOURCE_GROUP")?;
        let show = "webapp show --resource-group {} --name {}";
        let site = text(&az(show, &[group, self.display_name])?, "id")?;
        let references = format!("{site}/config/configreferences/appsettings");
        let refresh = "rest --method post --uri {}/refresh?{}";
        az(refresh, &[&references, REFRESH_API])?;
        for attempt in 1..=POLL_ATTEMPTS {
            let get = "rest --method get --uri {}/AZURE_CLIENT_SECRET?{}";
            let used = az(get, &[&references, REFERENCE_API]);
            let used = used.context("the site has no AZURE_CLIENT_SECRET yet: run `azd provision --no-state`, then this command again; the old secrets are still valid")?;
            if used["properties"]["activeVersion"] == version {
                return Ok(());
            }
            if attempt < POLL_ATTEMPTS {
                thread::sleep(POLL_PAUSE);
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
