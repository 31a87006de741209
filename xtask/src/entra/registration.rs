//! The app registration as it is.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::az::{Az, text};

/// In the notes of a registration that this command has made, which alone `--remove` deletes.
pub(super) const MARK: &str = "Kept by cargo xtask entra";

/// The role that may edit and delete. Its id need only differ from the other roles' of the same registration.
pub(super) const ADMIN_ROLE: &str = "Admin";
const ADMIN_ROLE_ID: &str = "6e4f1c52-8a0d-4b57-9c3e-2f71d0a95b18";

/// Microsoft Graph, and the delegated permission to read one's own profile: the same ids in every cloud.
const GRAPH_ID: &str = "00000003-0000-0000-c000-000000000000";
const USER_READ_ID: &str = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";

/// An application of Entra ID, as Graph describes it, and what hangs on it. Empty where it is yet to be made.
#[derive(Default)]
pub(super) struct Registration {
    application: Value,
    /// Object id of the application in this tenant, which roles are assigned at.
    pub(super) service_principal: Option<String>,
    pub(super) federated_credentials: Vec<Value>,
}

impl Registration {
    /// The registration with this client id.
    pub(super) fn with_client_id(az: &Az, client_id: &str) -> Result<Option<Self>> {
        let application = az.find_one(&["ad", "app", "show", "--id", client_id])?;
        application
            .map(|application| Self::complete(az, application))
            .transpose()
    }

    /// The registration of this name, if this command has made it.
    ///
    /// # Errors
    /// When there are several, or when somebody else has made it.
    pub(super) fn with_name(az: &Az, name: &str) -> Result<Option<Self>> {
        let filter = format!("displayName eq '{}'", name.replace('\'', "''"));
        let found = az.call(&["ad", "app", "list", "--filter", &filter])?;
        match list(&found) {
            [] => Ok(None),
            [application] if is_marked(application) => {
                Self::complete(az, application.clone()).map(Some)
            }
            [application] => {
                let client_id = text(application, "appId")?;
                bail!(
                    "there is a registration named {name} that this command has not made: choose another --name, or set the client id {client_id} to use it all the same"
                )
            }
            several => bail!(
                "there are {} registrations named {name}: choose another --name",
                several.len()
            ),
        }
    }

    fn complete(az: &Az, application: Value) -> Result<Self> {
        let client_id = text(&application, "appId")?;
        let service_principal = az.find_one(&["ad", "sp", "show", "--id", &client_id])?;
        let federated = az.call(&[
            "ad",
            "app",
            "federated-credential",
            "list",
            "--id",
            &client_id,
        ])?;
        Ok(Self {
            service_principal: service_principal
                .map(|found| text(&found, "id"))
                .transpose()?,
            federated_credentials: list(&federated).to_vec(),
            application,
        })
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.application["appId"].as_str()
    }

    pub(super) fn name(&self) -> &str {
        self.application["displayName"].as_str().unwrap_or_default()
    }

    /// Whether this command has made it.
    pub(super) fn is_marked(&self) -> bool {
        is_marked(&self.application)
    }

    pub(super) fn home_page(&self) -> Option<&str> {
        self.application["web"]["homePageUrl"].as_str()
    }

    /// All redirect URIs and the wanted ones, if any of these is missing.
    pub(super) fn with_redirect_uris(&self, wanted: &[String]) -> Option<Vec<String>> {
        let present = list(&self.application["web"]["redirectUris"]).iter();
        let mut all: Vec<String> = present
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let before = all.len();
        for uri in wanted {
            if !all.contains(uri) {
                all.push(uri.clone());
            }
        }
        (all.len() > before).then_some(all)
    }

    /// All app roles and Admin, unless people can be given it already.
    pub(super) fn with_admin_role(&self) -> Option<Value> {
        let mut roles = list(&self.application["appRoles"]).to_vec();
        let admin = roles.iter_mut().find(|role| role["value"] == ADMIN_ROLE);
        match admin {
            Some(role)
                if role["isEnabled"] == true && contains(&role["allowedMemberTypes"], "User") =>
            {
                return None;
            }
            Some(role) => {
                role["isEnabled"] = json!(true);
                append(&mut role["allowedMemberTypes"], json!("User"));
            }
            None => roles.push(json!({
                "id": ADMIN_ROLE_ID, "value": ADMIN_ROLE, "displayName": ADMIN_ROLE,
                "description": "Edits and deletes what anybody has written.",
                "allowedMemberTypes": ["User"], "isEnabled": true,
            })),
        }
        Some(roles.into())
    }

    pub(super) fn admin_role_id(&self) -> &str {
        let roles = list(&self.application["appRoles"]).iter();
        let admin = roles.clone().find(|role| role["value"] == ADMIN_ROLE);
        admin
            .and_then(|role| role["id"].as_str())
            .unwrap_or(ADMIN_ROLE_ID)
    }

    /// All permissions and User.Read, if that is missing.
    pub(super) fn with_user_read(&self) -> Option<Value> {
        let mut accesses = list(&self.application["requiredResourceAccess"]).to_vec();
        let user_read = json!({ "id": USER_READ_ID, "type": "Scope" });
        match accesses
            .iter_mut()
            .find(|access| access["resourceAppId"] == GRAPH_ID)
        {
            Some(graph) if list(&graph["resourceAccess"]).contains(&user_read) => return None,
            Some(graph) => append(&mut graph["resourceAccess"], user_read),
            None => {
                accesses.push(json!({ "resourceAppId": GRAPH_ID, "resourceAccess": [user_read] }));
            }
        }
        Some(accesses.into())
    }

    /// The client secrets: names, key ids, first letters, last days.
    pub(super) fn secrets(&self) -> &[Value] {
        list(&self.application["passwordCredentials"])
    }
}

/// The entries of a list; none where it is something else.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_marked(application: &Value) -> bool {
    application["notes"]
        .as_str()
        .is_some_and(|notes| notes.contains(MARK))
}

fn contains(values: &Value, wanted: &str) -> bool {
    list(values).iter().any(|value| value == wanted)
}

fn append(values: &mut Value, value: Value) {
    match values.as_array_mut() {
        Some(values) if values.contains(&value) => {}
        Some(values) => values.push(value),
        None => *values = json!([value]),
    }
}
