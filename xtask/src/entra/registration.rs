//! The app registration at Microsoft Graph: how it is found, and the document that describes it.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::Task;
use crate::azure::{az, az_with_input, optional, retry, text};

/// In the notes of every registration that this command created. `--remove` deletes no other.
pub(super) const MARK: &str = "Kept by cargo xtask entra";

/// The app role that may edit and delete. Its id only has to differ from those of the registration's other roles.
pub(super) const ADMIN_ROLE: &str = "Admin";
const ADMIN_ROLE_ID: &str = "6e4f1c52-8a0d-4b57-9c3e-2f71d0a95b18";

/// The app role of programs that use the API. An administrator grants it to their service principals.
const PROGRAM_ROLE: &str = "access_as_application";
const PROGRAM_ROLE_ID: &str = "b1f7c2f4-6d1e-4f0e-9a57-3c8b1f2d7e60";

/// The scope of access tokens of users.
const SCOPE: &str = "access_as_user";
const SCOPE_ID: &str = "0f0b6e3d-1a53-4a0c-8d0e-5b0c2f6a7c41";

/// The Azure CLI, the same in every cloud: `az account get-access-token` gets a token of its user without consent.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// Microsoft Graph and its delegated permission User.Read; the ids are the same in every cloud.
const GRAPH_ID: &str = "00000003-0000-0000-c000-000000000000";
const USER_READ_ID: &str = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";

impl Task<'_> {
    /// Requests an object of Microsoft Graph.
    pub(super) fn get(&self, path: &str) -> Result<Value> {
        az(
            "rest --method get --uri {}/v1.0/{}",
            &[&self.account.graph, path],
        )
    }

    /// Requests the objects of Microsoft Graph that match the condition.
    pub(super) fn list(&self, path: &str, condition: &str) -> Result<Vec<Value>> {
        let list = "rest --method get --uri {}/v1.0/{} --uri-parameters $filter={}";
        let found = az(list, &[&self.account.graph, path, condition])?;
        Ok(items(&found["value"]).to_vec())
    }

    /// Sends a change to Microsoft Graph. A `PATCH` of an object addressed by its key creates it if it is missing.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let send = "rest --method {} --uri {}/v1.0/{} --headers Content-Type=application/json";
        let prefer = match method {
            "patch" => " Prefer=create-if-missing",
            _ => "",
        };
        let (send, body) = (format!("{send}{prefer} --body @-"), body.to_string());
        retry(|| az_with_input(&send, &[method, &self.account.graph, path], &body))
    }

    /// The registration that the settings name, else the one of this name.
    ///
    /// # Errors
    /// When the named one does not exist, or when the name is taken by another registration.
    pub(super) fn find_application(&self) -> Result<Option<Value>> {
        let setting = self.target.client_id_setting();
        if let Some(client_id) = self.target.setting(setting) {
            let found = optional(self.get(&application_path(client_id)))?;
            if found.is_none() && !self.arguments.remove {
                bail!(
                    "{setting} names the registration {client_id}, which is not in this tenant: choose its tenant with --tenant, or clear the setting in {} to create a new one",
                    self.target.store()
                );
            }
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

    /// The properties of the registration that have to change. Everything else in it is kept.
    pub(super) fn changed_properties(&self, application: &Value) -> Result<Value> {
        let home_page = match application["web"]["homePageUrl"].as_str() {
            // The address of a site takes precedence over that of a developer's machine.
            Some(present) if self.target.env_file().is_some() => present.to_owned(),
            _ => format!("{}/", self.target.origin()?),
        };
        let uris = self.target.redirect_uris()?;
        Ok(changes(application, &document(&uris, &home_page)))
    }

    /// Adds the application ID URI, which contains the id, and the Azure CLI as a client, which Graph accepts only once
    /// the scope exists.
    pub(super) fn expose_api(&self, client_id: &str, application: &Value) -> Result<()> {
        let scopes = &application["api"]["oauth2PermissionScopes"];
        let client = json!({
            "appId": AZURE_CLI, "delegatedPermissionIds": [id_of(scopes, SCOPE, SCOPE_ID)],
        });
        let wanted = json!({
            "identifierUris": [format!("api://{client_id}")],
            "api": { "preAuthorizedApplications": [client] },
        });
        let change = changes(application, &wanted);
        if change == json!({}) {
            return Ok(());
        }
        let path = application_path(client_id);
        let description = format!("expose the API to the Azure CLI: {change:#}");
        self.change(&description, || self.send("patch", &path, &change))
            .map(drop)
    }
}

/// What a registration must have.
fn document(redirect_uris: &[String], home_page: &str) -> Value {
    json!({
        "web": { "redirectUris": redirect_uris, "homePageUrl": home_page },
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [{
                "id": SCOPE_ID, "value": SCOPE, "type": "User", "isEnabled": true,
                "adminConsentDisplayName": "Use the API",
                "adminConsentDescription": "Use the API of the site as the signed-in user.",
                "userConsentDisplayName": "Use the API",
                "userConsentDescription": "Use the API of the site as you.",
            }],
        },
        "appRoles": [
            {
                "id": ADMIN_ROLE_ID, "value": ADMIN_ROLE, "displayName": ADMIN_ROLE,
                "description": "Edit and delete everything.",
                "allowedMemberTypes": ["User"], "isEnabled": true,
            },
            {
                "id": PROGRAM_ROLE_ID, "value": PROGRAM_ROLE, "displayName": "Use the API",
                "description": "Use the API of the site as a program of its own.",
                "allowedMemberTypes": ["Application"], "isEnabled": true,
            },
        ],
        "requiredResourceAccess": [{
            "resourceAppId": GRAPH_ID,
            "resourceAccess": [{ "id": USER_READ_ID, "type": "Scope" }],
        }],
    })
}

pub(super) fn application_path(client_id: &str) -> String {
    format!("applications(appId='{client_id}')")
}

/// Whether this command created the registration.
pub(super) fn is_marked(application: &Value) -> bool {
    let notes = application["notes"].as_str();
    notes.is_some_and(|notes| notes.contains(MARK))
}

/// The id of the role Admin in this registration.
pub(super) fn admin_role_id(application: &Value) -> &str {
    id_of(&application["appRoles"], ADMIN_ROLE, ADMIN_ROLE_ID)
}

/// The id of the scope or role with this value; `new` where there is none.
fn id_of<'a>(list: &'a Value, value: &str, new: &'a str) -> &'a str {
    let found = items(list).iter().find(|item| item["value"] == value);
    found.and_then(|item| item["id"].as_str()).unwrap_or(new)
}

pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
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
