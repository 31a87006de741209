//! The people who can sign in, all of them invented.

use serde_json::{Map, Value, json};

use crate::token::object;

/// An account with its claims and its Microsoft Graph profile.
#[derive(Clone, Debug)]
pub struct Person {
    /// Short name for `login_hint` and [`crate::Emulator::sign_in_as`].
    pub key: String,
    /// What distinguishes this account, shown on the page.
    pub summary: String,
    /// The tenant (`tid`).
    pub tenant_id: String,
    /// The object id (`oid`), unique within the tenant.
    pub object_id: String,
    /// Claims of the ID token about the person: name, roles, e-mail address.
    pub claims: Map<String, Value>,
    /// The response of Graph's `/v1.0/me`.
    pub profile: Map<String, Value>,
}

impl Person {
    /// An account with a name, an e-mail address and no role. The object id ends in `number`.
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

/// The tenant of personal Microsoft accounts, the same in every cloud.
pub const PERSONAL_TENANT_ID: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// The tenant of another organization, Eve's.
pub const OTHER_TENANT_ID: &str = "0badc0de-0000-4000-8000-000000000002";

/// Number of Rupert's roles: enough for a token of about 8 KB.
const MANY_ROLES: usize = 181;
const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;b&gt;";

/// Everyone the emulator starts with; most of them belong to `tenant_id`.
pub(crate) fn everyone(tenant_id: &str, base_url: &str) -> Vec<Person> {
    vec![
        Person::new("alice", 1, tenant_id).summary("A user without a role"),
        Person::new("carol", 2, tenant_id)
            .summary("An administrator: role Admin")
            .roles(&["Admin"]),
        Person::new("bob", 3, tenant_id)
            .summary("A user without an e-mail address")
            .claim("email", Value::Null)
            .profile("mail", Value::Null),
        eve(),
        Person::new("peggy", 5, PERSONAL_TENANT_ID)
            .summary("A personal Microsoft account")
            .profile("jobTitle", Value::Null),
        Person::new("rupert", 6, tenant_id)
            .summary("A user with 181 roles")
            .claim("roles", many_roles()),
        mallory(tenant_id),
        olivia(tenant_id, base_url),
    ]
}

/// Eve has Alice's e-mail address in another tenant: an app that identifies users by e-mail address
/// mistakes her for Alice.
fn eve() -> Person {
    Person::new("eve", 4, OTHER_TENANT_ID)
        .summary("Of another tenant, with Alice's e-mail address and user name")
        .claim("preferred_username", "alice@example.com")
        .claim("email", "alice@example.com")
        .profile("mail", "alice@example.com")
        .profile("userPrincipalName", "alice@example.com")
}

fn mallory(tenant_id: &str) -> Person {
    let mut person = Person::new("mallory", 7, tenant_id)
        .summary("A user with markup in every claim and field")
        .roles(&[MARKUP]);
    for name in ["name", "preferred_username", "email"] {
        person = person.claim(name, format!("{name} {MARKUP}"));
    }
    let fields: Vec<String> = person.profile.keys().cloned().collect();
    for name in fields
        .iter()
        .filter(|name| *name != "id" && *name != "businessPhones")
    {
        person = person.profile(name, format!("{name} {MARKUP}"));
    }
    person
}

/// With too many groups for a token Entra sends the address of an endpoint that lists them, which an
/// app should not call.
fn olivia(tenant_id: &str, base_url: &str) -> Person {
    let person = Person::new("olivia", 8, tenant_id);
    let endpoint = format!(
        "{base_url}/v1.0/users/{}/getMemberObjects",
        person.object_id
    );
    person
        .summary("A user with more groups than fit a token")
        .claim("hasgroups", true)
        .claim("_claim_names", json!({ "groups": "src1" }))
        .claim(
            "_claim_sources",
            json!({ "src1": { "endpoint": endpoint } }),
        )
}

fn many_roles() -> Vec<String> {
    let role = |number| format!("Reports.Region{number:03}.ReadWrite.All");
    (1..=MANY_ROLES).map(role).collect()
}
