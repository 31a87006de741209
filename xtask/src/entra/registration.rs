//! The app registration at Microsoft Graph: how it is found and changed, and the document that describes it.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{CONTINUES, NEW, Task};
use crate::azure::{az, az_with_input, items, optional, retry, text};

/// What a registration must have. The ids of its roles and its scope only have to differ from those of its others; those
/// of Microsoft Graph and of the delegated permission User.Read are the same in every cloud.
const DOCUMENT: &str = include_str!("registration.json");
const ADMIN_ROLE: &str = "Admin";
const SCOPE: &str = "access_as_user";

/// The Azure CLI, the same in every cloud: `az account get-access-token` gets a token of its user without consent.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// In the notes of every registration that this command created. `--remove` deletes no other.
const MARK: &str = "Kept by cargo xtask entra";

impl Task<'_> {
    /// Requests an object of Microsoft Graph; `null` for one that a dry run has not created.
    fn get(&self, path: &str) -> Result<Value> {
        if path.contains(NEW) {
            return Ok(Value::Null);
        }
        let get = "rest --method get --uri {}/v1.0/{}";
        az(get, &[&self.account.graph, path])
    }

    /// Requests the objects of Microsoft Graph that match the condition.
    fn list(&self, path: &str, condition: &str) -> Result<Vec<Value>> {
        let list = "rest --method get --uri {}/v1.0/{} --uri-parameters $filter={}";
        let found = az(list, &[&self.account.graph, path, condition])?;
        Ok(items(&found["value"]).to_vec())
    }

    /// Announces a change and sends it to Microsoft Graph. A `PATCH` of an object addressed by its key creates it if it
    /// is missing.
    fn send(&self, description: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
        let headers = match method {
            "patch" => "Content-Type=application/json Prefer=create-if-missing",
            _ => "Content-Type=application/json",
        };
        let send = format!("rest --method {{}} --uri {{}}/v1.0/{{}} --headers {headers} --body @-");
        let (values, body) = ([method, &self.account.graph, path], body.to_string());
        let send = || az_with_input(&send, &values, &body);
        self.change(description, || retry(send))
    }

    /// An id of a created object; [`NEW`] in a dry run.
    fn new_id(&self, created: &Value, field: &str) -> Result<String> {
        if self.arguments.dry_run {
            return Ok(NEW.to_owned());
        }
        text(created, field).context(CONTINUES)
    }

    /// The registration that the settings name, else the one of this name.
    ///
    /// # Errors
    /// When the named one does not exist, or when the name is taken by another registration.
    pub(super) fn find_application(&self) -> Result<Option<Value>> {
        let setting = self.target.client_id_setting();
        if let Some(client_id) = self.target.setting(setting) {
            let found = optional(self.get(&application_path(client_id)))?;
            ensure!(
                found.is_some() || self.arguments.remove,
                "{setting} names the registration {client_id}, which is not in this tenant: choose its tenant with --tenant, or clear the setting in {} to create a new one",
                self.target.store()
            );
            return Ok(found);
        }
        let name = self.name()?;
        let condition = format!("displayName eq '{}'", name.replace('\'', "''"));
        match &self.list("applications", &condition)?[..] {
            [] => Ok(None),
            [application] if is_marked(application) => Ok(Some(application.clone())),
            [application] => bail!(
                "the registration {name} was not created by this command: choose another --name, or set {setting} to {} to use it anyway",
                text(application, "appId")?
            ),
            several => bail!(
                "there are {} registrations named {name}: choose another --name",
                several.len()
            ),
        }
    }

    fn name(&self) -> Result<String> {
        let name = self.arguments.name.clone();
        name.map_or_else(|| self.target.registration_name(&self.account), Ok)
    }

    /// Creates the registration in one request, mark included, or updates it. Returns the client id.
    ///
    /// Graph can also create it by `uniqueName`, but keeps that name reserved for 30 days after a deletion, so that
    /// `azd up` would fail after `azd down` (<https://github.com/microsoftgraph/msgraph-bicep-types/issues/137>).
    pub(super) fn update_application(&self, application: &Value) -> Result<String> {
        let home_page = match application["web"]["homePageUrl"].as_str() {
            // The address of a site takes precedence over that of a developer's machine.
            Some(present) if self.target.env_file().is_some() => present.to_owned(),
            _ => format!("{}/", self.target.origin()?),
        };
        let mut wanted: Value = serde_json::from_str(DOCUMENT)?;
        wanted["web"] =
            json!({ "redirectUris": self.target.redirect_uris()?, "homePageUrl": home_page });
        if !application.is_null() {
            let client_id = text(application, "appId")?;
            let description = format!("update the app registration {client_id}");
            self.update(&description, &client_id, application, &wanted)?;
            return Ok(client_id);
        }
        let name = self.name()?;
        wanted["displayName"] = json!(name);
        wanted["signInAudience"] = json!("AzureADMyOrg");
        wanted["notes"] = json!(MARK);
        let description = format!("create the app registration {name}: {wanted:#}");
        let created = self.send(&description, "post", "applications", &wanted)?;
        self.new_id(&created, "appId")
    }

    /// Adds the application ID URI, which contains the id, and the Azure CLI as a client, which Graph accepts only once
    /// the scope exists.
    pub(super) fn expose_api(&self, client_id: &str, application: &Value) -> Result<()> {
        let scope = id_of(application, "/api/oauth2PermissionScopes", SCOPE)?;
        let wanted = json!({
            "identifierUris": [format!("api://{client_id}")],
            "api": { "preAuthorizedApplications": [{ "appId": AZURE_CLI, "delegatedPermissionIds": [scope] }] },
        });
        let description = "expose the API to the Azure CLI";
        self.update(description, client_id, application, &wanted)
    }

    /// Changes the properties that differ from the wanted ones. Everything else in the registration is kept.
    fn update(
        &self,
        description: &str,
        client_id: &str,
        present: &Value,
        wanted: &Value,
    ) -> Result<()> {
        let change = changes(present, wanted);
        if change != json!({}) {
            let description = format!("{description}: {change:#}");
            let path = application_path(client_id);
            self.send(&description, "patch", &path, &change)?;
        }
        Ok(())
    }

    /// Returns the object id of the service principal, and creates it if it is missing.
    pub(super) fn service_principal(&self, client_id: &str) -> Result<String> {
        let path = format!("servicePrincipals(appId='{client_id}')");
        let present = optional(self.get(&path))?.unwrap_or_default();
        if !present.is_null() {
            return text(&present, "id");
        }
        let description = "create its service principal in the tenant";
        let body = json!({ "accountEnabled": true });
        let mut created = self.send(description, "patch", &path, &body)?;
        // Graph responds without content if it exists already, but was not replicated when the first request asked for it.
        if created.is_null() && !self.arguments.dry_run {
            created = retry(|| self.get(&path)).context(CONTINUES)?;
        }
        self.new_id(&created, "id")
    }

    pub(super) fn assign_admin(
        &self,
        application: &Value,
        principal: &str,
        user: &Value,
    ) -> Result<()> {
        let user_id = text(user, "id")?;
        let role_id = id_of(application, "/appRoles", ADMIN_ROLE)?;
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
        self.send(&description, "post", &path, &body).map(drop)
    }

    /// Does nothing if the registration trusts the managed identity already, under any name.
    pub(super) fn trust_identity(&self, client_id: &str, wanted: &Value) -> Result<()> {
        let path = application_path(client_id) + "/federatedIdentityCredentials";
        let present = retry(|| self.get(&path))?;
        let fields = ["issuer", "subject", "audiences"];
        let is_same = |present: &Value| fields.iter().all(|field| present[field] == wanted[field]);
        if items(&present["value"]).iter().any(is_same) {
            return Ok(());
        }
        let site = self.target.output("SERVICE_WEB_NAME")?;
        let path = format!("{path}(name='identity-of-{site}')");
        let description =
            format!("trust the site's managed identity with a federated credential: {wanted:#}");
        self.send(&description, "patch", &path, wanted).map(drop)
    }

    /// # Errors
    /// When this command did not create the registration.
    pub(super) fn delete_application(&self, application: &Value) -> Result<()> {
        let name = application["displayName"].as_str().unwrap_or_default();
        ensure!(
            is_marked(application),
            "the registration {name} was not created by this command: delete it in the portal, and clear its settings in {} by hand",
            self.target.store()
        );
        let client_id = text(application, "appId")?;
        let (graph, path) = (&self.account.graph, application_path(&client_id));
        let delete = || az("rest --method delete --uri {}/v1.0/{}", &[graph, &path]);
        let description = format!(
            "delete the app registration {name} ({client_id}); it can be restored for 30 days"
        );
        self.change(&description, delete).map(drop)
    }
}

fn application_path(client_id: &str) -> String {
    format!("applications(appId='{client_id}')")
}

/// Whether this command created the registration.
fn is_marked(application: &Value) -> bool {
    let notes = application["notes"].as_str();
    notes.is_some_and(|notes| notes.contains(MARK))
}

/// The id of the scope or role of this name: the registration's own, or else that of the document.
fn id_of(application: &Value, list: &str, name: &str) -> Result<Value> {
    let document = serde_json::from_str(DOCUMENT)?;
    let lists = [application, &document].map(|whole| whole.pointer(list));
    let mut all = lists.into_iter().flatten().flat_map(items);
    let found = all.find(|item| item["value"] == name);
    Ok(found.map_or(Value::Null, |item| item["id"].clone()))
}

/// The wanted members that differ from the present ones, lists completed: Graph merges objects and replaces lists.
fn changes(present: &Value, wanted: &Value) -> Value {
    let mut changed = json!({});
    for (name, wanted) in wanted.as_object().into_iter().flatten() {
        let present = &present[name];
        let change = match wanted {
            Value::Object(_) => changes(present, wanted),
            Value::Array(wanted) => with_items(present, wanted),
            wanted => wanted.clone(),
        };
        if change != *present && change != json!({}) {
            changed[name] = change;
        }
    }
    changed
}

/// The list with the wanted items. An item that is in it already keeps what differs, but for its flags and lists.
fn with_items(present: &Value, wanted: &[Value]) -> Value {
    const KEYS: [&str; 4] = ["value", "resourceAppId", "appId", "id"];
    let mut list = items(present).to_vec();
    for item in wanted {
        let key = KEYS.iter().find(|key| item.get(key).is_some());
        let is_same = |present: &&mut Value| match key {
            Some(key) => present[*key] == item[*key],
            None => **present == *item,
        };
        let Some(present) = list.iter_mut().find(is_same) else {
            list.push(item.clone());
            continue;
        };
        for (name, present) in present.as_object_mut().into_iter().flatten() {
            match item.get(name) {
                Some(Value::Array(wanted)) => *present = with_items(present, wanted),
                Some(Value::Bool(wanted)) => *present = json!(wanted),
                _ => {}
            }
        }
    }
    list.into()
}
