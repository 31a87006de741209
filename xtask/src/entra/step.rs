//! The single changes: what each does, in words.

use std::fmt;

use serde_json::Value;

use super::registration::ADMIN_ROLE;

/// One change. Whatever is already as wanted needs none.
pub(super) enum Step {
    Create {
        name: String,
    },
    /// All redirect URIs, the present ones too.
    RedirectUris(Vec<String>),
    HomePage(String),
    /// All app roles.
    AppRoles(Value),
    /// All permissions.
    Permissions(Value),
    ServicePrincipal,
    FederatedCredential {
        credential: Value,
        exists: bool,
    },
    AssignAdmin {
        user: String,
        user_id: String,
        role_id: String,
    },
    MakeSecret {
        place: String,
    },
    /// Names of settings, with what they are kept in.
    Settings {
        names: Vec<String>,
        place: &'static str,
    },
    /// Key ids of secrets that are no longer used once the new one is.
    RetireSecrets(Vec<String>),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { name } => {
                write!(
                    formatter,
                    "make the registration {name}, for accounts of this tenant only"
                )
            }
            Self::RedirectUris(uris) => {
                write!(formatter, "let the browser come back to {}", uris.join(" "))
            }
            Self::HomePage(address) => write!(formatter, "name {address} as the home page"),
            Self::AppRoles(_) => write!(formatter, "offer the role {ADMIN_ROLE}"),
            Self::Permissions(_) => write!(formatter, "ask for User.Read of Microsoft Graph"),
            Self::ServicePrincipal => {
                write!(formatter, "make it known in the tenant (service principal)")
            }
            Self::FederatedCredential { credential, .. } => write!(
                formatter,
                "trust the managed identity {} (federated credential)",
                credential["subject"].as_str().unwrap_or_default()
            ),
            Self::AssignAdmin { user, .. } => {
                write!(formatter, "give {user} the role {ADMIN_ROLE}")
            }
            Self::MakeSecret { place } => {
                write!(formatter, "make a client secret and keep it in {place}")
            }
            Self::Settings { names, place } => {
                write!(formatter, "set {} in {place}", names.join(", "))
            }
            Self::RetireSecrets(keys) => write!(
                formatter,
                "delete {} when the app uses the new one",
                if keys.len() == 1 {
                    "the old secret".to_owned()
                } else {
                    format!("{} old secrets", keys.len())
                }
            ),
        }
    }
}
