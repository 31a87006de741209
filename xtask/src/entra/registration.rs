//! The app registration at Microsoft Graph: how it is found, and the document that describes it.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::Task;
use super::api::{add_application_role, api_with_scope};
use crate::azure::{az, az_with_input, optional, retry, text};

/// In the notes of every registration that this command created. `--remove` deletes no other.
pub(super) const MARK: &str = "Kept by cargo xtask entra";

/// The app role that may edit and delete. Its id only has to differ from those of the registration's other roles.
pub(super) const ADMIN_ROLE: &str = "Admin";
const ADMIN_ROLE_ID: &str = "6e4f1c52-8a0d-4b57-9c3e-2f71d0a95b18";

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
        let mut redirect_uris = application["web"]["redirectUris"].clone();
        for uri in self.target.redirect_uris()? {
            append(&mut redirect_uris, json!(uri));
        }
        let home_page = match application["web"]["homePageUrl"].as_str() {
            // The address of a site takes precedence over that of a developer's machine.
            Some(present) if self.target.env_file().is_some() => present.to_owned(),
            _ => format!("{}/", self.target.origin()?),
        };
        let mut properties = json!({
            "web": { "redirectUris": redirect_uris, "homePageUrl": home_page },
            "api": api_with_scope(&application["api"]),
            "appRoles": with_roles(&application["appRoles"]),
            "requiredResourceAccess": with_user_read(&application["requiredResourceAccess"]),
        });
        for group in ["api", "web"] {
            if let Some(members) = properties[group].as_object_mut() {
                members.retain(|name, value| application[group][name] != *value);
            }
        }
        if let Some(properties) = properties.as_object_mut() {
            properties.retain(|name, value| *value != json!({}) && application[name] != *value);
        }
        Ok(properties)
    }
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
    let mut roles = items(&application["appRoles"]).iter();
    let admin = roles.find(|role| role["value"] == ADMIN_ROLE);
    let id = admin.and_then(|role| role["id"].as_str());
    id.unwrap_or(ADMIN_ROLE_ID)
}

pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn with_roles(present: &Value) -> Value {
    let mut roles = items(present).to_vec();
    if let Some(admin) = roles.iter_mut().find(|role| role["value"] == ADMIN_ROLE) {
        admin["isEnabled"] = json!(true);
        append(&mut admin["allowedMemberTypes"], json!("User"));
    } else {
        roles.push(json!({
            "id": ADMIN_ROLE_ID, "value": ADMIN_ROLE, "displayName": ADMIN_ROLE,
            "description": "Edit and delete everything.",
            "allowedMemberTypes": ["User"], "isEnabled": true,
        }));
    }
    add_application_role(&mut roles);
    roles.into()
}

fn with_user_read(present: &Value) -> Value {
    let mut accesses = items(present).to_vec();
    let user_read = json!({ "id": USER_READ_ID, "type": "Scope" });
    match accesses
        .iter_mut()
        .find(|access| access["resourceAppId"] == GRAPH_ID)
    {
        Some(graph) => append(&mut graph["resourceAccess"], user_read),
        None => accesses.push(json!({ "resourceAppId": GRAPH_ID, "resourceAccess": [user_read] })),
    }
    accesses.into()
}

pub(super) fn append(list: &mut Value, value: Value) {
    match list.as_array_mut() {
        Some(list) if list.contains(&value) => {}
        Some(list) => list.push(value),
        None => *list = json!([value]),
    }
}
