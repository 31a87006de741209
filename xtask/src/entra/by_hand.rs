//! Advice for users who have no `az` or may not register applications.

use anyhow::anyhow;

use super::target::Target;
use crate::azure::{AzErrorKind, kind_of};

const REGISTER: &str = "\
By hand, or by an administrator: https://entra.microsoft.com › App registrations › New registration
  1. Accounts in this organizational directory only; platform Web; redirect URI URI1
  2. Authentication: add the redirect URI URI2, for sign-out; select nothing under Implicit grant
  3. App roles › Create app role: display name and value Admin, for users
  4. API permissions: Microsoft Graph, delegated, User.Read (present by default)
  5. Certificates & secrets › CREDENTIAL
  6. Copy the two ids from Overview. SETTINGS
See docs/sign-in.md.";

const REMOVE: &str = "By hand, or by an administrator: https://entra.microsoft.com › App registrations › the registration › Delete";

/// Adds what the user can do about an error of `az`.
pub(super) fn advise(error: anyhow::Error, target: &Target, remove: bool) -> anyhow::Error {
    let advice = match kind_of(&error) {
        Some(AzErrorKind::NotInstalled) => "Install it, run `az login`, and try again.",
        Some(AzErrorKind::NotSignedIn) => {
            "Run `az login` (in another tenant `az login --tenant ID --allow-no-subscriptions`), and try again."
        }
        Some(AzErrorKind::Forbidden) => {
            "Your account is not allowed to do this. Required are the roles Application Developer for the registration, Cloud Application Administrator to assign app roles, Key Vault Secrets Officer for the key vault."
        }
        _ => return error,
    };
    let steps = if remove {
        REMOVE.to_owned()
    } else {
        registration_steps(target)
    };
    anyhow!("{error:#}\n{advice}\n\n{steps}")
}

fn registration_steps(target: &Target) -> String {
    let identity = target.setting("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID");
    let identity = identity.unwrap_or("the identity's object id");
    let federated = format!("Federated credentials › Managed identity, subject {identity}");
    let (credential, settings) = match target.env_file() {
        None => (
            federated.as_str(),
            "Run azd env set AUTH_CLIENT_ID …, AUTH_TENANT_ID …, ENABLE_ENTRA_AUTH true; then azd provision --no-state",
        ),
        Some(_) => (
            "New client secret; copy its value",
            "Write AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET and SESSION_SECRET_KEY into .env",
        ),
    };
    let origin = target.origin().unwrap_or("http://localhost:8000");
    REGISTER
        .replace("URI1", &format!("{origin}/auth/callback"))
        .replace("URI2", &format!("{origin}/"))
        .replace("CREDENTIAL", credential)
        .replace("SETTINGS", settings)
}
