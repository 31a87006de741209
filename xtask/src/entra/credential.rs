//! How the app proves to Entra that it is the registered one.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::account::Account;
use super::azd::Environment;
use super::secret::SecretStore;

/// A secret, or the identity that vouches for the site.
pub(super) enum Credential {
    Secret(SecretStore),
    /// The federated credential that lets the managed identity vouch for the site.
    Identity(Value),
}

/// The identity's tokens are issued by the tenant of the subscription, and only a registration there can trust them.
pub(super) fn federated_credential(environment: &Environment, account: &Account) -> Result<Value> {
    let tenant_id = environment.output("AZURE_TENANT_ID")?;
    ensure!(
        tenant_id == account.tenant_id,
        "the site's identity belongs to the tenant {tenant_id}, and no registration of another tenant can trust it: add --client-secret"
    );
    let authority = environment.output("AZURE_AUTHORITY_HOST")?;
    Ok(json!({
        "name": format!("identity-of-{}", environment.output("SERVICE_WEB_NAME")?),
        "issuer": format!("{authority}/{tenant_id}/v2.0"),
        "subject": environment.output("AZURE_MANAGED_IDENTITY_PRINCIPAL_ID")?,
        "audiences": [environment.output("AZURE_TOKEN_EXCHANGE_AUDIENCE")?],
    }))
}
