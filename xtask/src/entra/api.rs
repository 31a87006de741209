//! The API of the site in its registration: the scope of users, the role of programs, and the Azure CLI as a client.

use anyhow::Result;
use serde_json::{Value, json};

use super::registration::{append, application_path, items};
use super::{NEW, Task};

/// The scope of access tokens of users.
const SCOPE: &str = "access_as_user";
const SCOPE_ID: &str = "0f0b6e3d-1a53-4a0c-8d0e-5b0c2f6a7c41";

/// The app role of programs. An administrator grants it to their service principals.
const ROLE: &str = "access_as_application";
const ROLE_ID: &str = "b1f7c2f4-6d1e-4f0e-9a57-3c8b1f2d7e60";

/// The Azure CLI, the same in every cloud: `az account get-access-token` gets a token of its user without consent.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// The version of access tokens that the site accepts, and the scope.
pub(super) fn api_with_scope(present: &Value) -> Value {
    let mut scopes = items(&present["oauth2PermissionScopes"]).to_vec();
    if scope_in(&scopes).is_none() {
        scopes.push(json!({
            "id": SCOPE_ID, "value": SCOPE, "type": "User", "isEnabled": true,
            "adminConsentDisplayName": "Use the API",
            "adminConsentDescription": "Use the API of the site as the signed-in user.",
            "userConsentDisplayName": "Use the API",
            "userConsentDescription": "Use the API of the site as you.",
        }));
    }
    json!({ "requestedAccessTokenVersion": 2, "oauth2PermissionScopes": scopes })
}

/// Adds the role of programs.
pub(super) fn add_application_role(roles: &mut Vec<Value>) {
    if roles.iter().all(|role| role["value"] != ROLE) {
        roles.push(json!({
            "id": ROLE_ID, "value": ROLE, "displayName": "Use the API",
            "description": "Use the API of the site as a program of its own.",
            "allowedMemberTypes": ["Application"], "isEnabled": true,
        }));
    }
}

fn scope_in(scopes: &[Value]) -> Option<&Value> {
    let scope = scopes.iter().find(|scope| scope["value"] == SCOPE);
    scope.map(|scope| &scope["id"])
}

impl Task<'_> {
    /// Adds the application ID URI, which contains the id, and the Azure CLI as a client, which Graph accepts only once
    /// the scope exists.
    pub(super) fn expose_api(&self, client_id: &str, application: &Value) -> Result<()> {
        let mut uris = application["identifierUris"].clone();
        append(&mut uris, json!(format!("api://{client_id}")));
        let scopes = items(&application["api"]["oauth2PermissionScopes"]);
        let scope_id = scope_in(scopes).cloned().unwrap_or_else(|| json!(SCOPE_ID));
        let present = &application["api"]["preAuthorizedApplications"];
        let mut clients = items(present).to_vec();
        let mut same = clients.iter_mut();
        let same = same.find(|client| client["appId"] == AZURE_CLI);
        if let Some(client) = same {
            append(&mut client["delegatedPermissionIds"], scope_id);
        } else {
            clients.push(json!({ "appId": AZURE_CLI, "delegatedPermissionIds": [scope_id] }));
        }
        let clients = Value::from(clients);
        if application["identifierUris"] == uris && *present == clients && client_id != NEW {
            return Ok(());
        }
        let change =
            json!({ "identifierUris": uris, "api": { "preAuthorizedApplications": clients } });
        let path = application_path(client_id);
        let description = format!("expose the API to the Azure CLI: {change:#}");
        self.change(&description, || self.send("patch", &path, &change))
            .map(drop)
    }
}
