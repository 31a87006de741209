//! One account.

use serde_json::{Map, Value, json};

use crate::token::object;

/// An account: who it is, what its ID tokens claim, what Graph knows of it.
#[derive(Clone, Debug)]
pub struct Person {
    /// Short name for `login_hint` and [`crate::Emulator::sign_in_as`].
    pub key: String,
    /// What makes this account worth testing, for the page.
    pub summary: String,
    /// The tenant (`tid`).
    pub tenant_id: String,
    /// The object id (`oid`), unique within the tenant.
    pub object_id: String,
    /// Claims of the ID token beyond those of the protocol: name, roles, e-mail, …
    pub claims: Map<String, Value>,
    /// The answer of Graph's `/v1.0/me`.
    pub profile: Map<String, Value>,
}

impl Person {
    /// Someone with a name, an e-mail address and no role. `number` makes the object id.
    pub fn new(key: &str, number: u16, tenant_id: &str) -> Self {
        let name = format!("{}{} Example", key[..1].to_uppercase(), &key[1..]);
        let object_id = format!("00000000-0000-4000-8000-00000000{number:04}");
        Self {
            key: key.to_owned(),
            summary: String::new(),
            tenant_id: tenant_id.to_owned(),
            profile: graph_profile(&object_id, &name, &format!("{key}@example.com")),
            object_id,
            claims: Map::new(),
        }
        .claim("name", name)
        .claim("preferred_username", format!("{key}@example.com"))
        .claim("email", format!("{key}@example.com"))
    }

    /// The account with a claim set to any JSON value; `null` removes it.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self.claims.remove(name),
            value => self.claims.insert(name.to_owned(), value),
        };
        self
    }

    /// The account with a field of its Graph profile set to any JSON value.
    #[must_use]
    pub fn profile(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.profile.insert(name.to_owned(), value.into());
        self
    }

    /// The account with other app roles.
    #[must_use]
    pub fn roles(self, roles: &[&str]) -> Self {
        self.claim("roles", roles)
    }

    /// The claim `preferred_username`.
    pub fn username(&self) -> &str {
        let username = self.claims.get("preferred_username");
        username.and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn summary(mut self, summary: &str) -> Self {
        summary.clone_into(&mut self.summary);
        self
    }
}

fn graph_profile(object_id: &str, name: &str, mail: &str) -> Map<String, Value> {
    let first = name.split(' ').next();
    object(json!({
        "id": object_id, "displayName": name, "givenName": first, "surname": "Example",
        "jobTitle": "Tester", "mail": mail, "userPrincipalName": mail, "officeLocation": "1/1",
        "mobilePhone": null, "businessPhones": [], "preferredLanguage": "en-GB",
    }))
}
