//! Makes the changes, one call of `az` each.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::account::Account;
use super::az::{Az, text};
use super::credential::Credential;
use super::place::Place;
use super::registration::MARK;
use super::step::Step;

/// The work under way.
pub(super) struct Work<'a> {
    pub(super) az: &'a Az,
    pub(super) place: &'a Place,
    pub(super) account: &'a Account,
    pub(super) credential: &'a Credential,
    /// Known once the registration is made.
    pub(super) client_id: Option<String>,
    pub(super) service_principal: Option<String>,
}

impl Work<'_> {
    pub(super) fn make(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Create { name } => self.create(name),
            Step::RedirectUris(uris) => {
                let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
                self.update(&[&["--web-redirect-uris"], &uris[..]].concat(), "")
            }
            Step::HomePage(address) => self.update(&["--web-home-page-url", address], ""),
            Step::AppRoles(roles) => self.update(&["--app-roles", "@-"], &roles.to_string()),
            Step::Permissions(accesses) => self.update(
                &["--required-resource-accesses", "@-"],
                &accesses.to_string(),
            ),
            Step::ServicePrincipal => self.make_service_principal(),
            Step::FederatedCredential { credential, exists } => self.trust(credential, *exists),
            Step::AssignAdmin {
                user_id, role_id, ..
            } => self.assign(user_id, role_id),
            Step::MakeSecret { .. } => self.make_secret(),
            Step::Settings { .. } => {
                self.place
                    .write(self.client_id()?, self.account, self.credential)
            }
            Step::RetireSecrets(keys) => self.retire_secrets(keys),
        }
    }

    /// In one call, mark and all: what is broken off between two would be nobody's registration.
    fn create(&mut self, name: &str) -> Result<()> {
        let body = json!({ "displayName": name, "signInAudience": "AzureADMyOrg", "notes": MARK });
        let made = self.post("applications", &body)?;
        self.client_id = Some(text(&made, "appId")?);
        Ok(())
    }

    fn update(&self, change: &[&str], input: &str) -> Result<()> {
        let update = ["ad", "app", "update", "--id", self.client_id()?];
        self.az
            .call_patiently(&[&update[..], change].concat(), input)
            .map(drop)
    }

    fn make_service_principal(&mut self) -> Result<()> {
        let made = self
            .az
            .call_patiently(&["ad", "sp", "create", "--id", self.client_id()?], "")?;
        self.service_principal = Some(text(&made, "id")?);
        Ok(())
    }

    fn trust(&self, credential: &Value, exists: bool) -> Result<()> {
        let client_id = self.client_id()?;
        let name = text(credential, "name")?;
        let command = ["ad", "app", "federated-credential"];
        let rest = ["--id", client_id, "--parameters", "@-"];
        let call = if exists {
            [
                &command[..],
                &["update", "--federated-credential-id", &name],
                &rest,
            ]
            .concat()
        } else {
            [&command[..], &["create"], &rest].concat()
        };
        self.az
            .call_patiently(&call, &credential.to_string())
            .map(drop)
    }

    fn assign(&self, user_id: &str, role_id: &str) -> Result<()> {
        let resource = self
            .service_principal
            .as_deref()
            .context("the service principal is missing")?;
        let body = json!({ "principalId": user_id, "resourceId": resource, "appRoleId": role_id });
        self.post(
            &format!("servicePrincipals/{resource}/appRoleAssignedTo"),
            &body,
        )
        .map(drop)
    }

    /// Has Graph make something.
    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let uri = format!("{}/v1.0/{path}", self.account.cloud.graph);
        let post = [
            "rest",
            "--method",
            "post",
            "--uri",
            &uri,
            "--headers",
            "Content-Type=application/json",
            "--body",
            "@-",
        ];
        self.az.call_patiently(&post, &body.to_string())
    }

    fn make_secret(&self) -> Result<()> {
        match self.credential {
            Credential::Secret(store) => store.make(self.az, self.client_id()?),
            Credential::Identity(_) => Ok(()),
        }
    }

    fn retire_secrets(&self, keys: &[String]) -> Result<()> {
        if let Credential::Secret(store) = self.credential {
            store.wait_until_used(self.az)?;
        }
        let client_id = self.client_id()?;
        let delete = ["ad", "app", "credential", "delete", "--id", client_id];
        for key in keys {
            let call = [&delete[..], &["--key-id", key]].concat();
            self.az.call(&call).with_context(|| {
                format!("an old secret is still valid until `az {}`", call.join(" "))
            })?;
        }
        Ok(())
    }

    fn client_id(&self) -> Result<&str> {
        self.client_id
            .as_deref()
            .context("the registration has no client id")
    }
}
