//! What there is to do: the difference between the registration as it is and as it is wanted.

use anyhow::{Context, Result};
use serde_json::Value;

use super::account::Account;
use super::az::{Az, text};
use super::credential::Credential;
use super::place::Place;
use super::registration::{Registration, list};
use super::secret::SecretStore;
use super::step::Step;
use super::work::Work;

/// What is wanted, and whom to ask what there is.
pub(super) struct Wanted<'a> {
    pub(super) az: &'a Az,
    pub(super) place: &'a Place,
    pub(super) account: &'a Account,
    pub(super) name: &'a str,
    pub(super) credential: &'a Credential,
    pub(super) admin: Option<&'a str>,
    pub(super) rotate_secret: bool,
}

impl Wanted<'_> {
    /// The changes, in the order in which they are made. Nothing is changed yet.
    pub(super) fn plan(&self, registration: Option<&Registration>) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        if registration.is_none() {
            steps.push(Step::Create {
                name: self.name.to_owned(),
            });
        }
        let none = Registration::default();
        let registration = registration.unwrap_or(&none);
        steps.extend(self.properties(registration)?);
        if registration.service_principal.is_none() {
            steps.push(Step::ServicePrincipal);
        }
        steps.extend(self.admin(registration)?);
        let (secret, retired) = match self.credential {
            Credential::Identity(wanted) => {
                steps.extend(federated_credential(registration, wanted));
                (None, None)
            }
            Credential::Secret(store) => self.secrets(store, registration)?,
        };
        steps.extend(secret);
        steps.extend(self.settings(registration)?);
        steps.extend(retired);
        Ok(steps)
    }

    /// Ready to make the changes.
    pub(super) fn begin(&self, registration: Option<Registration>) -> Work<'_> {
        let registration = registration.unwrap_or_default();
        Work {
            az: self.az,
            place: self.place,
            account: self.account,
            credential: self.credential,
            client_id: registration.client_id().map(str::to_owned),
            service_principal: registration.service_principal,
        }
    }

    fn properties(&self, registration: &Registration) -> Result<Vec<Step>> {
        let redirect_uris = registration.with_redirect_uris(&self.place.redirect_uris()?);
        let wanted = self.place.home_page()?;
        // A site's address is worth more than this machine's.
        let is_missing = match self.place {
            Place::Home(_) => registration.home_page().is_none(),
            Place::Site(_) => registration.home_page() != Some(&wanted),
        };
        let steps = [
            redirect_uris.map(Step::RedirectUris),
            is_missing.then_some(Step::HomePage(wanted)),
            registration.with_admin_role().map(Step::AppRoles),
            registration.with_user_read().map(Step::Permissions),
        ];
        Ok(steps.into_iter().flatten().collect())
    }

    fn admin(&self, registration: &Registration) -> Result<Option<Step>> {
        let Some(user) = self.admin else {
            return Ok(None);
        };
        let found = match user {
            "me" => self.az.call(&["ad", "signed-in-user", "show"]),
            user => self.az.call(&["ad", "user", "show", "--id", user]),
        };
        let found = found.with_context(|| format!("--admin {user}"))?;
        let user_id = text(&found, "id")?;
        let role_id = registration.admin_role_id().to_owned();
        if let Some(service_principal) = &registration.service_principal {
            let uri = format!(
                "{}/v1.0/users/{user_id}/appRoleAssignments",
                self.account.cloud.graph
            );
            let filter = format!("$filter=resourceId eq {service_principal}");
            let held = self.az.call(&[
                "rest",
                "--method",
                "get",
                "--uri",
                &uri,
                "--uri-parameters",
                &filter,
            ])?;
            if list(&held["value"])
                .iter()
                .any(|held| held["appRoleId"] == *role_id)
            {
                return Ok(None);
            }
        }
        let user = text(&found, "userPrincipalName").unwrap_or_else(|_| user.to_owned());
        Ok(Some(Step::AssignAdmin {
            user,
            user_id,
            role_id,
        }))
    }

    /// The new secret, if one is needed, and the old ones that go afterwards.
    fn secrets(
        &self,
        store: &SecretStore,
        registration: &Registration,
    ) -> Result<(Option<Step>, Option<Step>)> {
        let kept = store.find(self.az, registration)?;
        let is_new = kept.is_none() || self.rotate_secret;
        let is_retired = |secret: &&Value| {
            let is_kept = kept.is_some_and(|kept| kept["keyId"] == secret["keyId"]);
            if is_kept {
                self.rotate_secret
            } else {
                store.is_own(secret)
            }
        };
        let retired = registration.secrets().iter().filter(is_retired);
        let retired: Vec<String> = retired
            .filter_map(|secret| secret["keyId"].as_str().map(str::to_owned))
            .collect();
        let place = store.description();
        Ok((
            is_new.then_some(Step::MakeSecret { place }),
            (!retired.is_empty()).then_some(Step::RetireSecrets(retired)),
        ))
    }

    fn settings(&self, registration: &Registration) -> Result<Option<Step>> {
        let client_id = registration.client_id().unwrap_or_default();
        let mut names = Vec::new();
        for (name, value) in self
            .place
            .settings(client_id, self.account, self.credential)
        {
            if self.place.setting(name)?.as_ref() != Some(&value) {
                names.push(name.to_owned());
            }
        }
        if self.place.lacks_session_key()? {
            names.push("SESSION_SECRET_KEY".to_owned());
        }
        let place = self.place.store();
        Ok((!names.is_empty()).then_some(Step::Settings { names, place }))
    }
}

/// Nothing where the registration trusts the identity already, under whatever name.
fn federated_credential(registration: &Registration, wanted: &Value) -> Option<Step> {
    let present = &registration.federated_credentials;
    let is_same = |credential: &Value| {
        ["issuer", "subject", "audiences"]
            .iter()
            .all(|field| credential[*field] == wanted[*field])
    };
    if present.iter().any(is_same) {
        return None;
    }
    let exists = present
        .iter()
        .any(|credential| credential["name"] == wanted["name"]);
    Some(Step::FederatedCredential {
        credential: wanted.clone(),
        exists,
    })
}
