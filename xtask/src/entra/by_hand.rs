//! Advice for users who have no `az` or may not register applications.

use anyhow::anyhow;

use super::target::Target;
use crate::azure::{AzErrorKind, kind_of};

const REMOVE: &str = "By hand, or by an administrator: https://entra.microsoft.com › App registrations › the registration › Delete";
const REGISTER: &str = include_str!("by_hand.txt");

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
    let origin = target.origin().unwrap_or("http://localhost:8000");
    let identity = target.setting("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID");
    let identity = identity.unwrap_or("the identity's object id");
    let (credential, settings) = match target.env_file() {
        None => (
            format!("federated credential for the managed identity with the subject {identity}"),
            "with azd env set AUTH_CLIENT_ID, AUTH_TENANT_ID and ENABLE_ENTRA_AUTH, then azd provision --no-state",
        ),
        Some(_) => (
            "new client secret".to_owned(),
            "AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET and SESSION_SECRET_KEY in .env",
        ),
    };
    let steps = REGISTER.trim_end().replace("ORIGIN", origin);
    let steps = steps.replace("CREDENTIAL", &credential);
    steps.replace("SETTINGS", settings)
}
