//! The right to register an application with Entra ID.

use super::azure::{Azure, Finding};

/// Directory roles that may register applications even where ordinary users may not, by the ids that are the same
/// everywhere (<https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>).
const ROLES: [&str; 4] = [
    "62e90394-69f5-4237-9190-012177145e10", // Global Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
    "cf1c38e5-3621-4004-a7cb-879624dced7c", // Application Developer
];

/// A missing right is no problem: the site goes on without sign-in.
pub(super) fn may_register(azure: &Azure) -> Result<Finding, String> {
    let endpoint = "cloud show --query endpoints.microsoftGraphResourceId";
    let graph = azure.lines(endpoint, &[])?.concat();
    let graph = format!("{}/v1.0", graph.trim_end_matches('/'));
    let policy = azure.get(
        &format!("{graph}/policies/authorizationPolicy"),
        "defaultUserRolePermissions.allowedToCreateApps",
    )?;
    if policy.concat().eq_ignore_ascii_case("true") {
        return Ok(Finding::Good);
    }
    let roles = azure.get(
        &format!("{graph}/me/transitiveMemberOf/microsoft.graph.directoryRole"),
        "value[].roleTemplateId",
    )?;
    if roles.iter().any(|role| ROLES.contains(&role.as_str())) {
        return Ok(Finding::Good);
    }
    Ok(Finding::Remark(
        "you may not register applications with Entra ID, so the site will have no sign-in at first: have somebody register it (docs/deploy.md, Sign-in), then azd env set AUTH_CLIENT_ID ID".to_owned(),
    ))
}
