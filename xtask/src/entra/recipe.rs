//! The same by hand, for those who cannot use `az` or may not register applications.

use super::place::Place;

const BY_HAND: &str = "\
By hand, or by somebody who may: https://entra.microsoft.com › App registrations › New registration
  1. Accounts in this organizational directory only; platform Web; the redirect URI URI1
  2. Authentication: add the redirect URI URI2, where signing out ends; tick nothing under Implicit grant
  3. App roles › Create app role: display name and value Admin, for users
  4. API permissions: Microsoft Graph, delegated, User.Read (it is there already)
  5. CREDENTIAL
  6. Overview has the two ids. SETTINGS
docs/sign-in.md says more.";

/// The way back.
pub(super) const BY_HAND_REMOVAL: &str = "By hand, or by somebody who may: https://entra.microsoft.com › App registrations › the registration › Delete";

/// The steps, with what is known of the place filled in.
pub(super) fn by_hand(place: &Place) -> String {
    let uris = place.redirect_uris().unwrap_or_default();
    let uri =
        |index: usize, fallback: &str| uris.get(index).map_or(fallback.to_owned(), Clone::clone);
    let (credential, settings) = match place {
        Place::Site(environment) => (
            format!(
                "Certificates & secrets › Federated credentials › Managed identity, subject {}",
                environment
                    .get("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID")
                    .unwrap_or("the identity's object id")
            ),
            "azd env set AUTH_CLIENT_ID …, AUTH_TENANT_ID …, ENABLE_ENTRA_AUTH true; then azd provision",
        ),
        Place::Home(_) => (
            "Certificates & secrets › New client secret; copy its value".to_owned(),
            "Write AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET and SESSION_SECRET_KEY into .env",
        ),
    };
    BY_HAND
        .replace("URI1", &uri(0, "http://localhost:8000/auth/callback"))
        .replace("URI2", &uri(1, "http://localhost:8000/"))
        .replace("CREDENTIAL", &credential)
        .replace("SETTINGS", settings)
}
