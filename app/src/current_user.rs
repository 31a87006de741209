//! Who is signed in: plain data, kept in the session.

use serde::{Deserialize, Serialize};
use time::PrimitiveDateTime;

/// The role that may edit and delete.
pub const ADMIN: &str = "Admin";

/// A signed-in person, as the ID token and Microsoft Graph described them at the sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CurrentUser {
    pub tenant_id: String,
    /// Microsoft Entra's `oid`.
    pub object_id: String,
    /// What to call them.
    pub name: String,
    /// E-mail address or user principal name; for display, never an identity.
    pub email: Option<String>,
    pub job_title: Option<String>,
    pub roles: Vec<String>,
    /// Whether Microsoft Graph told its part.
    pub graph_answered: bool,
    /// UTC.
    pub signed_in_at: PrimitiveDateTime,
}

impl CurrentUser {
    /// The account: tenant and object id. An e-mail address can be given to somebody else.
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
