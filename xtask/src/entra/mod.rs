//! `cargo xtask entra`: creates and updates the app registration that sign-in needs, through `az`.

mod account;
mod secret;
mod place;
mod registration;
mod by_hand;

use std::cell::Cell;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::azure::{Az, optional, retry, text};
use account::Account;
use place::{Credential, Place};
use registration::{ADMIN_ROLE, MARK, admin_role_id, application_path, is_marked, items};

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
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let place = Place::choose(arguments.home, arguments.env_file.clone())?;
    run_at(&place, arguments).map_err(|error| by_hand::advise(error, &place, arguments.remove))?;
    Ok(ExitCode::SUCCESS)
}

fn run_at(place: &Place, arguments: &Arguments) -> Result<()> {
    let az = Az::find()?;
    let account = Account::read(&az, arguments.tenant.as_deref())?;
    println!(
        "Tenant {}, signed in as {}; settings in {}.",
        account.tenant_id,
        account.user,
        place.store()
    );
    let task = Task {
        az,
        account,
        place,
        arguments,
        changes: Cell::new(0),
    };
    if arguments.remove {
        task.remove()?;
    } else {
        task.register()?;
    }
    match (task.changes.get(), arguments, place) {
        (0, ..) => println!("Everything is up to date: nothing to do."),
        (_, Arguments { dry_run: true, .. } | Arguments { remove: true, .. }, _) => {}
        (_, _, Place::Local(_)) => println!("Done. `cargo xtask dev` now signs in with Entra ID."),
        (_, _, Place::Site(_)) => println!("Done. `azd provision --no-state` configures the site."),
    }
    Ok(())
}

struct Task<'a> {
    az: Az,
    account: Account,
    place: &'a Place,
    arguments: &'a Arguments,
    changes: Cell<u32>,
}

impl Task<'_> {
    fn name(&self) -> Result<String> {
        let name = self.arguments.name.clone();
        name.map_or_else(|| self.place.registration_name(&self.account), Ok)
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
        let credential = self
            .place
            .credential(self.arguments.client_secret, &self.account)?;
        ensure!(
            !self.arguments.rotate_secret || matches!(credential, Credential::Secret(_)),
            "this site has no client secret to rotate: it uses its managed identity"
        );
        let admin = self.admin_user()?;
        let client_id = self.update_application(&application)?;
        let principal = self.service_principal(&client_id)?;
        if let Some((user_id, user)) = admin {
            self.assign_admin(&application, &principal, &user_id, &user)?;
        }
        let mut replaced = Vec::new();
        match &credential {
            Credential::Identity(wanted) => self.trust_identity(&client_id, wanted)?,
            Credential::Secret(store) => {
                let rotate = self.arguments.rotate_secret;
                let (is_kept, old) = store.inspect(&self.az, &application, rotate)?;
                if rotate || !is_kept {
                    let description = format!(
                        "create a client secret and store it in {}",
                        store.description()
                    );
                    self.change(&description, || store.create(&self.az, &client_id))?;
                }
                replaced = old;
            }
        }
        self.write_settings(&client_id, &credential)?;
        self.delete_secrets(&client_id, &credential, &replaced)
    }

    /// Object id and name of the user who is to be an administrator.
    fn admin_user(&self) -> Result<Option<(String, String)>> {
        let Some(user) = &self.arguments.admin else {
            return Ok(None);
        };
        let found = match user.as_str() {
            "me" => self.az.call(&["ad", "signed-in-user", "show"]),
            user => self.az.call(&["ad", "user", "show", "--id", user]),
        };
        let found = found.with_context(|| format!("--admin {user}"))?;
        let name = text(&found, "userPrincipalName").unwrap_or_else(|_| user.clone());
        Ok(Some((text(&found, "id")?, name)))
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
            let create = || {
                text(
                    &self.graph("post", "applications", Some(&properties))?,
                    "appId",
                )
            };
            return Ok(self
                .change(&description, create)?
                .unwrap_or_else(|| NEW.to_owned()));
        }
        let client_id = text(application, "appId")?;
        if properties != json!({}) {
            let description = format!("update the app registration {client_id}: {properties:#}");
            let path = application_path(&client_id);
            self.change(&description, || {
                self.graph("patch", &path, Some(&properties))
            })?;
        }
        Ok(client_id)
    }

    /// Returns the object id of the service principal, and creates it if it is missing.
    fn service_principal(&self, client_id: &str) -> Result<String> {
        let path = format!("servicePrincipals(appId='{client_id}')");
        let read = || text(&self.graph("get", &path, None)?, "id");
        if client_id != NEW
            && let Some(id) = optional(read())?
        {
            return Ok(id);
        }
        let create = || {
            let created = self.graph("patch", &path, Some(&json!({ "accountEnabled": true })))?;
            // The answer is empty if somebody else created it in the meantime.
            text(&created, "id").or_else(|_| retry(read))
        };
        let id = self.change("create its service principal in the tenant", create)?;
        Ok(id.unwrap_or_else(|| NEW.to_owned()))
    }

    fn assign_admin(
        &self,
        application: &Value,
        principal: &str,
        user_id: &str,
        user: &str,
    ) -> Result<()> {
        let role_id = admin_role_id(application);
        if principal != NEW {
            let uri = format!(
                "{}/v1.0/users/{user_id}/appRoleAssignments",
                self.account.graph
            );
            let filter = format!("$filter=resourceId eq {principal}");
            let list = [
                "rest",
                "--method",
                "get",
                "--uri",
                &uri,
                "--uri-parameters",
                &filter,
            ];
            let held = self.az.call(&list)?;
            if items(&held["value"])
                .iter()
                .any(|held| held["appRoleId"] == role_id)
            {
                return Ok(());
            }
        }
        let body = json!({ "principalId": user_id, "resourceId": principal, "appRoleId": role_id });
        let path = format!("servicePrincipals/{principal}/appRoleAssignedTo");
        let description = format!("assign the role {ADMIN_ROLE} to {user}");
        self.change(&description, || self.graph("post", &path, Some(&body)))
            .map(drop)
    }

    /// Does nothing if the registration trusts the managed identity already, under any name.
    fn trust_identity(&self, client_id: &str, wanted: &Value) -> Result<()> {
        let path = format!(
            "{}/federatedIdentityCredentials",
            application_path(client_id)
        );
        let mut wanted = wanted.clone();
        let name = wanted["name"].take();
        if let Some(wanted) = wanted.as_object_mut() {
            wanted.remove("name");
        }
        let fields = ["issuer", "subject", "audiences"];
        let is_same = |present: &Value| fields.iter().all(|field| present[field] == wanted[field]);
        if client_id != NEW {
            let present = retry(|| self.graph("get", &path, None))?;
            if items(&present["value"]).iter().any(is_same) {
                return Ok(());
            }
        }
        let path = format!("{path}(name='{}')", name.as_str().unwrap_or_default());
        let description =
            format!("trust the site's managed identity with a federated credential: {wanted:#}");
        self.change(&description, || self.graph("patch", &path, Some(&wanted)))
            .map(drop)
    }

    fn write_settings(&self, client_id: &str, credential: &Credential) -> Result<()> {
        let settings = self
            .place
            .changed_settings(client_id, &self.account, credential)?;
        if settings.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
        let description = format!("set {} in {}", names.join(", "), self.place.store());
        self.change(&description, || self.place.write(&settings))
            .map(drop)
    }

    /// Deletes secrets at Entra ID once the app uses the new one.
    fn delete_secrets(
        &self,
        client_id: &str,
        credential: &Credential,
        key_ids: &[String],
    ) -> Result<()> {
        let (false, Credential::Secret(store)) = (key_ids.is_empty(), credential) else {
            return Ok(());
        };
        let description = format!(
            "delete {} old client secret(s) once the app uses the new one",
            key_ids.len()
        );
        self.change(&description, || {
            store.wait_until_used(&self.az)?;
            let delete = [
                "ad",
                "app",
                "credential",
                "delete",
                "--id",
                client_id,
                "--key-id",
            ];
            for key_id in key_ids {
                let call = [&delete[..], &[key_id]].concat();
                let command = || {
                    format!(
                        "an old secret is valid until you run `az {}`",
                        call.join(" ")
                    )
                };
                self.az.call(&call).with_context(command)?;
            }
            Ok(())
        })
        .map(drop)
    }

    /// Undoes all that `register` did. After `azd down` only the settings name the registration.
    fn remove(&self) -> Result<()> {
        if let Some(application) = self.find_application()? {
            let name = application["displayName"].as_str().unwrap_or_default();
            if !is_marked(&application) {
                bail!(
                    "the registration {name} was not created by this command: delete it in the portal, and clear its settings in {} by hand",
                    self.place.store()
                );
            }
            let client_id = text(&application, "appId")?;
            let description = format!(
                "delete the app registration {name} ({client_id}); it can be restored for 30 days"
            );
            let path = application_path(&client_id);
            self.change(&description, || self.graph("delete", &path, None))?;
        }
        if let Place::Site(site) = self.place
            && let Some((vault, name)) = secret::existing_vault_secret(&self.az, site)?
        {
            let description = format!("delete the secret {name} of the key vault {vault}");
            self.change(&description, || {
                secret::delete_vault_secret(&self.az, vault, name)
            })?;
        }
        let names = self.place.present_settings()?;
        if names.is_empty() {
            return Ok(());
        }
        let description = format!("clear {} in {}", names.join(", "), self.place.store());
        self.change(&description, || self.place.clear(&names))
            .map(drop)
    }
}
