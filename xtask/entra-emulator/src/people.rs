//! The people who can sign in, all of them invented.

use serde_json::{Value, json};

use crate::person::Person;

/// The tenant of personal Microsoft accounts, the same in every cloud.
pub const PERSONAL_TENANT_ID: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// The tenant of another organization, where Eve works.
pub const OTHER_TENANT_ID: &str = "0badc0de-0000-4000-8000-000000000002";

/// How many roles Rupert has: enough for a token of about 8 KB.
const MANY_ROLES: usize = 181;
const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;b&gt;";

/// Everyone the emulator starts with; most of them work in `tenant_id`.
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

/// Another tenant let Eve take Alice's address: an app that identifies users by e-mail mistakes her for Alice.
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

/// Instead of the groups, Entra returns an address to query for them (groups overage), which an app should not call.
fn olivia(tenant_id: &str, base_url: &str) -> Person {
    let person = Person::new("olivia", 8, tenant_id);
    let place = format!(
        "{base_url}/v1.0/users/{}/getMemberObjects",
        person.object_id
    );
    person
        .summary("A user with more groups than fit a token")
        .claim("hasgroups", true)
        .claim("_claim_names", json!({ "groups": "src1" }))
        .claim("_claim_sources", json!({ "src1": { "endpoint": place } }))
}

fn many_roles() -> Vec<String> {
    let role = |number| format!("Reports.Region{number:03}.ReadWrite.All");
    (1..=MANY_ROLES).map(role).collect()
}
