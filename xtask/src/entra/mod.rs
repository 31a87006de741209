//! `cargo xtask entra`: creates and updates the app registration that sign-in needs, through `az`.

mod account;
mod target;
mod secret;
mod registration;
mod by_hand;

use std::cell::Cell;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::azure::{az, optional, retry, text};
use account::Account;
use registration::{ADMIN_ROLE, MARK, admin_role_id, application_path, is_marked, items};
use secret::{ClientSecret, VaultSecret};
use target::Target;

/// Stands for the client id in a dry run of a new registration.
const NEW: &str = "(new)";

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
    remove: bool,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Arguments {
    /// The arguments of `cargo xtask entra --remove`.
    pub(crate) fn removal() -> Self {
        Self {
            remove: true,
            ..Self::default()
        }
    }
}

/// Brings the registration, the credential and the settings to the wanted state. Running it again changes nothing.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let target = Target::choose(arguments.home, arguments.env_file.clone())?;
    let outcome = run_for(&target, arguments);
    outcome.map_err(|error| by_hand::advise(error, &target, arguments.remove))?;
    Ok(true)
}

fn run_for(target: &Target, arguments: &Arguments) -> Result<()> {
    let account = Account::read(arguments.tenant.as_deref())?;
    let (tenant, user, store) = (&account.tenant_id, &account.user, target.store());
    println!("Tenant {tenant}, signed in as {user}; settings in {store}.");
    let changes = Cell::new(0);
    let task = Task {
        account,
        target,
        arguments,
        changes,
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

struct Task<'a> {
    account: Account,
    target: &'a Target,
    arguments: &'a Arguments,
    changes: Cell<u32>,
}

impl Task<'_> {
    fn name(&self) -> Result<String> {
        let name = self.arguments.name.clone();
        name.map_or_else(|| self.target.registration_name(&self.account), Ok)
    }

    /// Announces a change and makes it, unless this is a dry run.
    fn change<T>(&self, description: &str, apply: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
        self.changes.set(self.changes.get() + 1);
        if self.arguments.dry_run {
            println!("Would {description}");
            return Ok(None);
        }
        println!("Now: {description}");
        let changed = apply().with_context(|| {
            format!("could not {description}\nEarlier changes are kept, and the same command continues from there")
        })?;
        Ok(Some(changed))
    }

    fn register(&self) -> Result<()> {
        let application = self.find_application()?.unwrap_or_default();
        let secret = ClientSecret::of(self.target, self.arguments.client_secret)?;
        let rotate = self.arguments.rotate_secret;
        ensure!(
            !rotate || secret.is_some(),
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
        let settings = |vault_secret| {
            self.target
                .changed_settings(&client_id, &self.account, vault_secret)
        };
        let Some(secret) = secret else {
            self.trust_identity(&client_id, &federated)?;
            return self.write_settings("set", &settings(None)?);
        };
        let (is_kept, replaced) = secret.inspect(&application, rotate)?;
        if rotate || !is_kept {
            let description = format!("create a client secret and store it in {}", secret.place());
            self.change(&description, || secret.create(&client_id))?;
        }
        self.write_settings("set", &settings(secret.vault_name())?)?;
        self.delete_secrets(&client_id, &secret, &replaced)
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

    /// Creates the registration in one request, mark included, or updates it. Returns the client id.
    ///
    /// Graph can also create it by `uniqueName`, but keeps that name reserved for 30 days after a deletion, so that
    /// `azd up` would fail after `azd down` (<https://github.com/microsoftgraph/msgraph-bicep-types/issues/137>).
    fn update_application(&self, application: &Value) -> Result<String> {
        let mut properties = self.changed_properties(application)?;
        if application.is_null() {
            let name = self.name()?;
            properties["displayName"] = json!(name);
            properties["signInAudience"] = json!("AzureADMyOrg");
            properties["notes"] = json!(MARK);
            let description = format!("create the app registration {name}: {properties:#}");
            let create = || text(&self.send("post", "applications", &properties)?, "appId");
            let client_id = self.change(&description, create)?;
            return Ok(client_id.unwrap_or_else(|| NEW.to_owned()));
        }
        let client_id = text(application, "appId")?;
        if properties != json!({}) {
            let description = format!("update the app registration {client_id}: {properties:#}");
            let path = application_path(&client_id);
            self.change(&description, || self.send("patch", &path, &properties))?;
        }
        Ok(client_id)
    }

    /// Returns the object id of the service principal, and creates it if it is missing.
    fn service_principal(&self, client_id: &str) -> Result<String> {
        let path = format!("servicePrincipals(appId='{client_id}')");
        let read = || text(&self.get(&path)?, "id");
        if client_id != NEW
            && let Some(id) = optional(read())?
        {
            return Ok(id);
        }
        let create = || {
            self.send("patch", &path, &json!({ "accountEnabled": true }))?;
            retry(read)
        };
        let id = self.change("create its service principal in the tenant", create)?;
        Ok(id.unwrap_or_else(|| NEW.to_owned()))
    }

    fn assign_admin(&self, application: &Value, principal: &str, user: &Value) -> Result<()> {
        let (user_id, role_id) = (text(user, "id")?, admin_role_id(application));
        if principal != NEW {
            let path = format!("users/{user_id}/appRoleAssignments");
            let held = self.list(&path, &format!("resourceId eq {principal}"))?;
            if held.iter().any(|held| held["appRoleId"] == role_id) {
                return Ok(());
            }
        }
        let body = json!({ "principalId": user_id, "resourceId": principal, "appRoleId": role_id });
        let path = format!("servicePrincipals/{principal}/appRoleAssignedTo");
        let name = text(user, "userPrincipalName").unwrap_or(user_id);
        let description = format!("assign the role {ADMIN_ROLE} to {name}");
        self.change(&description, || self.send("post", &path, &body))
            .map(drop)
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

    /// Does nothing if the registration trusts the managed identity already, under any name.
    fn trust_identity(&self, client_id: &str, wanted: &Value) -> Result<()> {
        let path = format!(
            "{}/federatedIdentityCredentials",
            application_path(client_id)
        );
        let fields = ["issuer", "subject", "audiences"];
        let is_same = |present: &Value| fields.iter().all(|field| present[field] == wanted[field]);
        if client_id != NEW {
            let present = retry(|| self.get(&path))?;
            if items(&present["value"]).iter().any(is_same) {
                return Ok(());
            }
        }
        let path = format!(
            "{path}(name='identity-of-{}')",
            self.target.output("SERVICE_WEB_NAME")?
        );
        let description =
            format!("trust the site's managed identity with a federated credential: {wanted:#}");
        self.change(&description, || self.send("patch", &path, wanted))
            .map(drop)
    }

    /// Sets or clears settings, if there are any.
    fn write_settings(&self, verb: &str, settings: &[(&'static str, String)]) -> Result<()> {
        if settings.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
        let description = format!("{verb} {} in {}", names.join(", "), self.target.store());
        self.change(&description, || self.target.write(settings))
            .map(drop)
    }

    /// Deletes secrets at Entra ID once the app uses the new one.
    fn delete_secrets(
        &self,
        client_id: &str,
        secret: &ClientSecret,
        keys: &[String],
    ) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let count = keys.len();
        let description =
            format!("delete {count} old client secret(s) once the app uses the new one");
        let delete = || {
            secret.wait_until_used()?;
            for key in keys {
                let delete = format!("ad app credential delete --id {client_id} --key-id {key}");
                let deleted = az(&delete, &[]);
                deleted.with_context(|| {
                    format!("an old secret is valid until you run `az {delete}`")
                })?;
            }
            Ok(())
        };
        self.change(&description, delete).map(drop)
    }

    /// Undoes all that `register` did. After `azd down` only the settings name the registration.
    fn remove(&self) -> Result<()> {
        let store = self.target.store();
        if let Some(application) = self.find_application()? {
            let name = application["displayName"].as_str().unwrap_or_default();
            if !is_marked(&application) {
                bail!(
                    "the registration {name} was not created by this command: delete it in the portal, and clear its settings in {store} by hand"
                );
            }
            let client_id = text(&application, "appId")?;
            let description = format!(
                "delete the app registration {name} ({client_id}); it can be restored for 30 days"
            );
            let delete = "rest --method delete --uri {}/v1.0/{}";
            let values = [&*self.account.graph, &application_path(&client_id)];
            self.change(&description, || az(delete, &values))?;
        }
        if let Some(secret) = VaultSecret::existing(self.target)? {
            let VaultSecret { vault, name } = secret;
            let description = format!("delete the secret {name} of the key vault {vault}");
            self.change(&description, || secret.delete())?;
        }
        self.write_settings("clear", &self.target.settings_to_clear())
    }
}
