//! The target of the set-up (the site that azd deployed, or this machine), its settings, and the account of `az`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::azure::{az, text};
use crate::{azure, settings, workspace};

const TEMPLATE: &str = "rust-salvo-postgres-azd";

/// The site on this machine. Entra ID ignores the port of a localhost redirect URI.
const LOCAL_ORIGIN: &str = "http://localhost:8000";

/// The settings of sign-in and their values when it is off. The first one names the registration.
type Settings = &'static [(&'static str, &'static str)];

const LOCAL_SETTINGS: Settings = &[
    ("AZURE_CLIENT_ID", ""),
    ("AZURE_TENANT_ID", ""),
    ("AZURE_CLIENT_SECRET", ""),
    ("SESSION_SECRET_KEY", ""),
    ("AZURE_AUTHORITY_HOST", ""),
    ("AZURE_GRAPH_URL", ""),
];
const SITE_SETTINGS: Settings = &[
    ("AUTH_CLIENT_ID", ""),
    ("AUTH_TENANT_ID", ""),
    ("AUTH_CLIENT_SECRET_NAME", ""),
    ("ENABLE_ENTRA_AUTH", "false"),
];

pub(super) struct Target {
    /// Where this machine's settings are kept; `None` for a site, whose settings the azd environment keeps.
    env_file: Option<PathBuf>,
    /// The settings at the start.
    present: BTreeMap<String, String>,
}

impl Target {
    /// The site of the selected azd environment, or this machine if there is none.
    pub(super) fn choose(home: bool, env_file: Option<PathBuf>) -> Result<Self> {
        if !home && let Some(present) = azure::azd_environment()? {
            let env_file = None;
            return Ok(Self { env_file, present });
        }
        let file = env_file.unwrap_or_else(settings::file);
        let present = settings::read(&file)?;
        let env_file = Some(file);
        Ok(Self { env_file, present })
    }

    pub(super) fn env_file(&self) -> Option<&Path> {
        self.env_file.as_deref()
    }

    /// Where the settings are kept.
    pub(super) fn store(&self) -> &'static str {
        self.env_file().map_or("the azd environment", |_| ".env")
    }

    fn settings(&self) -> Settings {
        self.env_file().map_or(SITE_SETTINGS, |_| LOCAL_SETTINGS)
    }

    pub(super) fn client_id_setting(&self) -> &'static str {
        self.settings()[0].0
    }

    /// A value that is set and not empty.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        let value = self.present.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// An output of the site's deployment.
    pub(super) fn output(&self, name: &str) -> Result<&str> {
        self.setting(name).with_context(|| {
            let environment = self.setting("AZURE_ENV_NAME").unwrap_or("selected");
            format!("the azd environment {environment} has no {name}: run `azd provision --no-state` first, or use --home to set up this machine only")
        })
    }

    /// The default name of the registration, different for each site and each developer.
    pub(super) fn registration_name(&self, account: &Account) -> Result<String> {
        Ok(match self.env_file() {
            Some(_) => format!("{TEMPLATE} ({})", account.user),
            None => format!("{TEMPLATE} {}", self.output("SERVICE_WEB_NAME")?),
        })
    }

    /// The origin, without a slash at the end.
    pub(super) fn origin(&self) -> Result<&str> {
        let origin = match (self.env_file(), self.setting("BASE_URL")) {
            (Some(_), _) => LOCAL_ORIGIN,
            (None, Some(base_url)) => base_url,
            (None, None) => self.output("WEB_URI")?,
        };
        Ok(origin.trim_end_matches('/'))
    }

    /// The redirect URIs after sign-in and after sign-out.
    pub(super) fn redirect_uris(&self) -> Result<Vec<String>> {
        let local = self.env_file().is_none().then_some(LOCAL_ORIGIN);
        let origins = [self.origin()?].into_iter().chain(local);
        let both = |origin: &str| [format!("{origin}/auth/callback"), format!("{origin}/")];
        let own = self.setting("AZURE_REDIRECT_URI").map(str::to_owned);
        Ok(origins.flat_map(both).chain(own).collect())
    }

    /// The settings that enable sign-in, where they differ from the present ones.
    pub(super) fn changed_settings(
        &self,
        client_id: &str,
        account: &Account,
        vault_secret: Option<&str>,
    ) -> Result<Vec<(&'static str, String)>> {
        let key = workspace::random_key()?;
        let mut wanted = vec![
            (self.settings()[0].0, client_id),
            (self.settings()[1].0, &account.tenant_id),
        ];
        if self.env_file().is_none() {
            wanted.push(("ENABLE_ENTRA_AUTH", "true"));
            wanted.extend(vault_secret.map(|name| ("AUTH_CLIENT_SECRET_NAME", name)));
        } else {
            if !account.is_public_cloud {
                wanted.push(("AZURE_AUTHORITY_HOST", &account.authority));
                wanted.push(("AZURE_GRAPH_URL", &account.graph));
            }
            // The deployment generates the key of a site.
            let present = self.setting("SESSION_SECRET_KEY");
            wanted.push(("SESSION_SECRET_KEY", present.unwrap_or(&key)));
        }
        wanted.retain(|(name, value)| self.setting(name) != Some(value));
        let changed = wanted.into_iter();
        Ok(changed
            .map(|(name, value)| (name, value.to_owned()))
            .collect())
    }

    pub(super) fn write(&self, settings: &[(&str, String)]) -> Result<()> {
        let mut each = settings.iter();
        match self.env_file() {
            Some(file) => settings::write(file, settings),
            None => each.try_for_each(|(name, value)| azure::set_azd_value(name, value)),
        }
    }

    /// The settings that differ from those of a site without sign-in, with the values that they have there.
    pub(super) fn settings_to_clear(&self) -> Vec<(&'static str, String)> {
        let settings = self.settings().iter();
        let differing = settings
            .filter(|(name, off)| self.present.get(*name).is_some_and(|value| value != off));
        differing
            .map(|(name, off)| (*name, (*off).to_owned()))
            .collect()
    }
}

/// The tenant, user and cloud that `az` is signed in to.
pub(super) struct Account {
    pub(super) tenant_id: String,
    pub(super) user: String,
    pub(super) is_public_cloud: bool,
    /// Origin of the sign-in service.
    pub(super) authority: String,
    /// Origin of Microsoft Graph.
    pub(super) graph: String,
}

impl Account {
    /// # Errors
    /// When nobody is signed in, or in a tenant other than the requested one.
    pub(super) fn read(tenant: Option<&str>) -> Result<Self> {
        let account = az("account show", &[])?;
        let tenant_id = text(&account, "tenantId")?;
        let wanted = tenant.unwrap_or(&tenant_id);
        ensure!(
            wanted.eq_ignore_ascii_case(&tenant_id),
            "az is signed in to the tenant {tenant_id}, not {wanted}: run `az login --tenant {wanted} --allow-no-subscriptions`"
        );
        let cloud = az("cloud show", &[])?;
        let name = text(&cloud, "name")?;
        let origin = |field: &str| {
            text(&cloud["endpoints"], field).map(|origin| origin.trim_end_matches('/').to_owned())
        };
        // az still has the older host for China; tokens are issued by the newer one.
        let authority = match name.as_str() {
            "AzureChinaCloud" => "https://login.partner.microsoftonline.cn".to_owned(),
            _ => origin("activeDirectory")?,
        };
        Ok(Self {
            tenant_id,
            user: text(&account["user"], "name")?,
            is_public_cloud: name == "AzureCloud",
            authority,
            graph: origin("microsoftGraphResourceId")?,
        })
    }
}
