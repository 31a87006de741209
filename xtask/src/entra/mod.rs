//! `cargo xtask entra`: creates and updates the app registration that sign-in needs, through `az`.

mod target;
mod secret;
mod registration;

use std::cell::Cell;
use std::path::PathBuf;

use anyhow::{Context, Error, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::azure::{AzErrorKind, az, kind_of};
use secret::{ClientSecret, VaultSecret};
use target::{Account, Target};

/// Stands for the ids of new objects in a dry run.
const NEW: &str = "(new)";

/// The advice after a failure.
const CONTINUES: &str = "Earlier changes are kept, and the same command continues from there";

/// For users who have no `az` or may not register applications.
const REMOVE_BY_HAND: &str = "By hand, or by an administrator: https://entra.microsoft.com › App registrations › the registration › Delete";
const REGISTER_BY_HAND: &str = include_str!("by_hand.txt");

#[derive(clap::Args, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct Arguments {
    /// Set up sign-in on this machine (.env), even if azd has an environment.
    #[arg(long)]
    home: bool,
    /// The file with the settings of this machine (default: .env of this repository).
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Fail if az is signed in to another tenant than this.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The registration's display name (default: a name for each site and each developer).
    #[arg(long)]
    name: Option<String>,
    /// Use a client secret, kept in the key vault or .env, instead of the managed identity.
    #[arg(long)]
    client_secret: bool,
    /// Create a new client secret, and delete the old one once the app uses the new one.
    #[arg(long)]
    rotate_secret: bool,
    /// Assign the role Admin to this user: a user name, an object id, or `me`.
    #[arg(long, value_name = "USER")]
    admin: Option<String>,
    /// Delete the registration, its secret and its settings.
    #[arg(long, conflicts_with_all = ["client_secret", "rotate_secret", "admin"])]
    pub(crate) remove: bool,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Brings the registration, the credential and the settings to the wanted state. Running it again changes nothing.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let target = Target::choose(arguments.home, arguments.env_file.clone())?;
    let outcome = run_for(&target, arguments);
    outcome.map_err(|error| advise(error, &target, arguments.remove))?;
    Ok(true)
}

fn run_for(target: &Target, arguments: &Arguments) -> Result<()> {
    let account = Account::read(arguments.tenant.as_deref())?;
    let (tenant, user, store) = (&account.tenant_id, &account.user, target.store());
    println!("Tenant {tenant}, signed in as {user}; settings in {store}.");
    let task = Task {
        account,
        target,
        arguments,
        changes: Cell::new(0),
    };
    if arguments.remove {
        task.remove()?;
    } else {
        task.register()?;
    }
    match (task.changes.get(), target.env_file()) {
        (0, _) => println!("Everything is up to date: nothing to do."),
        _ if arguments.dry_run || arguments.remove => {}
        (_, Some(_)) => println!("Done. `cargo xtask dev` now signs in with Entra ID."),
        (_, None) => println!("Done. `azd provision --no-state` configures the site."),
    }
    Ok(())
}

/// Adds what the user can do about an error of `az`.
fn advise(error: Error, target: &Target, remove: bool) -> Error {
    let advice = match kind_of(&error) {
        Some(AzErrorKind::NotInstalled) => "Install it, run `az login`, and try again.",
        Some(AzErrorKind::NotSignedIn) => {
            "Run `az login` (in another tenant `az login --tenant ID --allow-no-subscriptions`), and try again."
        }
        Some(AzErrorKind::Forbidden) => {
            "Your account is not allowed to do this. Required are the roles Application Developer for the registration, Cloud Application Administrator to assign app roles, Key Vault Secrets Officer for the key vault."
        }
        _ => return error,
    };
    let steps = if remove {
        REMOVE_BY_HAND.to_owned()
    } else {
        registration_steps(target)
    };
    anyhow!("{error:#}\n{advice}\n\n{steps}")
}

fn registration_steps(target: &Target) -> String {
    let origin = target.origin().unwrap_or("http://localhost:8000");
    let identity = target.setting("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID");
    let identity = identity.unwrap_or("the identity's object id");
    let (credential, settings) = match target.env_file() {
        None => (
            format!("federated credential for the managed identity with the subject {identity}"),
            "with azd env set AUTH_CLIENT_ID, AUTH_TENANT_ID and ENABLE_ENTRA_AUTH, then azd provision --no-state",
        ),
        Some(_) => (
            "new client secret".to_owned(),
            "AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET and SESSION_SECRET_KEY in .env",
        ),
    };
    let steps = REGISTER_BY_HAND.trim_end().replace("ORIGIN", origin);
    let steps = steps.replace("CREDENTIAL", &credential);
    steps.replace("SETTINGS", settings)
}

struct Task<'a> {
    account: Account,
    target: &'a Target,
    arguments: &'a Arguments,
    changes: Cell<u32>,
}

impl Task<'_> {
    /// Announces a change and makes it. In a dry run it is not made.
    fn change<T: Default>(
        &self,
        description: &str,
        apply: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.changes.set(self.changes.get() + 1);
        if self.arguments.dry_run {
            println!("Would {description}");
            return Ok(T::default());
        }
        println!("Now: {description}");
        apply().with_context(|| format!("could not {description}\n{CONTINUES}"))
    }

    /// What can fail without a change comes first.
    fn register(&self) -> Result<()> {
        let application = self.find_application()?.unwrap_or_default();
        let secret = ClientSecret::of(self.target, self.arguments.client_secret)?;
        ensure!(
            !self.arguments.rotate_secret || secret.is_some(),
            "this site has no client secret to rotate: it uses its managed identity"
        );
        let federated = match &secret {
            Some(_) => Value::Null,
            None => self.federated_credential()?,
        };
        let admin = self.admin_user()?;
        let client_id = self.update_application(&application)?;
        self.expose_api(&client_id, &application)?;
        let principal = self.service_principal(&client_id)?;
        if let Some(user) = admin {
            self.assign_admin(&application, &principal, &user)?;
        }
        let Some(secret) = secret else {
            self.trust_identity(&client_id, &federated)?;
            return self.write_settings(&client_id, None);
        };
        let (is_kept, replaced) = secret.inspect(&application, self.arguments.rotate_secret)?;
        if self.arguments.rotate_secret || !is_kept {
            let place = match secret.vault {
                Some(VaultSecret { vault, name }) => format!("the key vault {vault} as {name}"),
                None => ".env".to_owned(),
            };
            let create = format!("create a client secret and store it in {place}");
            self.change(&create, || secret.create(&client_id))?;
        }
        self.write_settings(&client_id, secret.vault.map(|secret| secret.name))?;
        let count = replaced.len();
        if count == 0 {
            return Ok(());
        }
        let delete = format!("delete {count} old client secret(s) once the app uses the new one");
        self.change(&delete, || secret.delete(&client_id, &replaced))
    }

    /// The user who is to be an administrator.
    fn admin_user(&self) -> Result<Option<Value>> {
        let Some(user) = &self.arguments.admin else {
            return Ok(None);
        };
        let found = match user.as_str() {
            "me" => az("ad signed-in-user show", &[]),
            user => az("ad user show --id {}", &[user]),
        };
        found.with_context(|| format!("--admin {user}")).map(Some)
    }

    /// The credential of the site's managed identity, whose tokens are issued by the subscription's tenant: only
    /// registrations of that tenant accept them.
    fn federated_credential(&self) -> Result<Value> {
        let site = self.target;
        let tenant_id = site.output("AZURE_TENANT_ID")?;
        ensure!(
            tenant_id == self.account.tenant_id,
            "the site's managed identity belongs to the tenant {tenant_id}, and a registration in another tenant cannot trust it: add --client-secret"
        );
        Ok(json!({
            "issuer": format!("{}/{tenant_id}/v2.0", site.output("AZURE_AUTHORITY_HOST")?),
            "subject": site.output("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID")?,
            "audiences": [site.output("AZURE_TOKEN_EXCHANGE_AUDIENCE")?],
        }))
    }

    /// Sets the settings that differ from those that enable sign-in.
    fn write_settings(&self, client_id: &str, vault_secret: Option<&str>) -> Result<()> {
        let target = self.target;
        let settings = target.changed_settings(client_id, &self.account, vault_secret)?;
        self.change_settings("set", &settings)
    }

    fn change_settings(&self, verb: &str, settings: &[(&str, String)]) -> Result<()> {
        if settings.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
        let description = format!("{verb} {} in {}", names.join(", "), self.target.store());
        self.change(&description, || self.target.write(settings))
    }

    /// Undoes all that `register` did. After `azd down` only the settings name the registration.
    fn remove(&self) -> Result<()> {
        if let Some(application) = self.find_application()? {
            self.delete_application(&application)?;
        }
        if let Some(secret) = VaultSecret::existing(self.target)? {
            let VaultSecret { vault, name } = secret;
            let description = format!("delete the secret {name} of the key vault {vault}");
            self.change(&description, || secret.call("delete", &[], ""))?;
        }
        self.change_settings("clear", &self.target.settings_to_clear())
    }
}
