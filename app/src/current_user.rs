//! The signed-in user, as stored in the session.

use serde::{Deserialize, Serialize};
use time::PrimitiveDateTime;

/// The app role of administrators, who may edit restaurants and delete anything.
pub const ADMIN: &str = "Admin";

/// A signed-in user, from the ID token and the Microsoft Graph profile at the time of the sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CurrentUser {
    pub tenant_id: String,
    /// Microsoft Entra's `oid`.
    pub object_id: String,
    /// Display name.
    pub name: String,
    /// Email address or user principal name; for display, never as an identity.
    pub email: Option<String>,
    pub job_title: Option<String>,
    pub roles: Vec<String>,
    /// Whether the Microsoft Graph profile could be fetched.
    pub graph_answered: bool,
    /// UTC.
    pub signed_in_at: PrimitiveDateTime,
}

impl CurrentUser {
    /// The account's identity: tenant and object id. An email address can be reassigned to another person.
    pub fn key(&self) -> String {
        format!("{}/{}", self.tenant_id, self.object_id)
    }

    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    pub fn is_admin(&self) -> bool {
        self.has_role(ADMIN)
    }
}
