//! The registration of a site that azd has deployed.

use serde_json::{Value, json};

use crate::support::FakeAzure;

const FIRST: [&str; 7] = [
    "post applications",
    UPDATE,
    "patch servicePrincipals",
    "patch federatedIdentityCredentials",
    "env set AUTH_CLIENT_ID client-1",
    "env set AUTH_TENANT_ID tenant-1",
    "env set ENABLE_ENTRA_AUTH true",
];
const UPDATE: &str = "patch applications";

fn application(azure: &FakeAzure) -> Value {
    azure.tenant()["applications"][0].clone()
}

#[test]
fn the_first_run_creates_a_complete_registration_without_a_secret() {
    let azure = FakeAzure::with_site();
    let run = azure.succeed(&[]);
    assert_eq!(run.changes, FIRST);
    let application = application(&azure);
    assert_eq!(application["displayName"], "rust-salvo-postgres-azd app-1");
    assert_eq!(application["signInAudience"], "AzureADMyOrg");
    assert_eq!(
        application["web"]["homePageUrl"],
        "https://app-1.example.com/"
    );
    let uris = [
        "https://app-1.example.com/auth/callback",
        "https://app-1.example.com/",
        "http://localhost:8000/auth/callback",
        "http://localhost:8000/",
    ];
    assert_eq!(application["web"]["redirectUris"], json!(uris));
    assert_eq!(application["appRoles"][0]["value"], "Admin");
    assert_eq!(
        application["requiredResourceAccess"][0]["resourceAccess"][0]["id"],
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
    );
    let credential = &application["federated"][0];
    assert_eq!(
        credential["issuer"],
        "https://login.microsoftonline.com/tenant-1/v2.0"
    );
    assert_eq!(credential["subject"], "identity-1");
    assert_eq!(
        credential["audiences"],
        json!(["api://AzureADTokenExchange"])
    );
    assert_eq!(application["passwordCredentials"], json!([]));
}

#[test]
fn the_azure_cli_may_get_access_tokens_for_the_api() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    let application = application(&azure);
    assert_eq!(application["identifierUris"], json!(["api://client-1"]));
    let api = &application["api"];
    assert_eq!(api["requestedAccessTokenVersion"], 2);
    let scope = &api["oauth2PermissionScopes"][0];
    assert_eq!(scope["value"], "access_as_user");
    let cli = &api["preAuthorizedApplications"][0];
    assert_eq!(cli["appId"], "04b07795-8ddb-461a-bbee-02f9e1bf7b46");
    assert_eq!(cli["delegatedPermissionIds"], json!([scope["id"]]));
    let role = &application["appRoles"][1];
    assert_eq!(role["value"], "access_as_application");
    assert_eq!(role["allowedMemberTypes"], json!(["Application"]));
}

#[test]
fn a_scope_and_a_uri_that_the_registration_has_are_kept() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    let own = json!([{ "id": "own", "value": "access_as_user" }]);
    azure.change(|tenant| {
        let application = &mut tenant["applications"][0];
        application["identifierUris"] = json!(["https://api.example.com"]);
        application["api"] = json!({ "oauth2PermissionScopes": own });
    });
    assert_eq!(azure.succeed(&[]).changes, [UPDATE, UPDATE]);
    let application = application(&azure);
    let uris = json!(["https://api.example.com", "api://client-1"]);
    assert_eq!(application["identifierUris"], uris);
    assert_eq!(application["api"]["oauth2PermissionScopes"], own);
    let cli = &application["api"]["preAuthorizedApplications"][0];
    assert_eq!(cli["delegatedPermissionIds"], json!(["own"]));
}

#[test]
fn the_second_run_changes_nothing() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--admin", "me"]);
    let before = azure.tenant();
    let run = azure.succeed(&["--admin", "me"]);
    assert_eq!(run.changes, [""; 0]);
    assert!(run.text.contains("nothing to do"), "{}", run.text);
    assert_eq!(azure.tenant(), before);
}

#[test]
fn a_dry_run_shows_every_change_and_makes_none() {
    let azure = FakeAzure::with_site();
    let before = azure.tenant();
    let run = azure.succeed(&["--dry-run", "--admin", "alice@example.com"]);
    assert_eq!(run.changes, [""; 0]);
    assert_eq!(azure.tenant(), before);
    for step in [
        "create the app registration rust-salvo-postgres-azd app-1",
        "https://app-1.example.com/auth/callback",
        "\"value\": \"Admin\"",
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
        "identity-1",
        "assign the role Admin to alice@example.com",
        "set AUTH_CLIENT_ID, AUTH_TENANT_ID, ENABLE_ENTRA_AUTH in the azd environment",
    ] {
        assert!(run.text.contains(step), "{step}: {}", run.text);
    }
}

#[test]
fn a_registration_that_lacks_something_is_completed_and_keeps_the_rest() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    azure.change(|tenant| {
        let application = &mut tenant["applications"][0];
        application["web"]["redirectUris"] = json!(["https://other.example.com/callback"]);
        application["appRoles"] = json!([{ "id": "r", "value": "Reader" }]);
        application["federated"][0]["subject"] = json!("identity-0");
        let graph = "00000003-0000-0000-c000-000000000000";
        application["requiredResourceAccess"] = json!([{ "resourceAppId": graph, "resourceAccess": [{ "id": "mail", "type": "Scope" }] }]);
    });
    let run = azure.succeed(&[]);
    assert_eq!(run.changes, [UPDATE, "patch federatedIdentityCredentials"]);
    let application = application(&azure);
    assert_eq!(
        application["web"]["redirectUris"][0],
        "https://other.example.com/callback"
    );
    assert_eq!(
        application["web"]["redirectUris"].as_array().unwrap().len(),
        5
    );
    assert_eq!(application["appRoles"][0]["value"], "Reader");
    assert_eq!(application["appRoles"][1]["value"], "Admin");
    let permissions = &application["requiredResourceAccess"][0]["resourceAccess"];
    assert_eq!(permissions.as_array().unwrap().len(), 2);
    assert_eq!(application["federated"][0]["subject"], "identity-1");
    assert_eq!(application["federated"].as_array().unwrap().len(), 1);
    assert_eq!(azure.succeed(&[]).changes, [""; 0]);
}

#[test]
fn a_disabled_role_is_enabled() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    azure.change(|tenant| tenant["applications"][0]["appRoles"][0]["isEnabled"] = json!(false));
    assert_eq!(azure.succeed(&[]).changes, [UPDATE]);
    let role = &application(&azure)["appRoles"][0];
    assert_eq!(role["isEnabled"], true);
    assert_eq!(role["allowedMemberTypes"], json!(["User"]));
}

#[test]
fn a_new_domain_is_added_to_the_old_one() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    azure.change(|tenant| tenant["azd"]["BASE_URL"] = json!("https://www.example.com"));
    assert_eq!(azure.succeed(&[]).changes, [UPDATE]);
    let web = application(&azure)["web"].clone();
    assert_eq!(web["homePageUrl"], "https://www.example.com/");
    assert_eq!(web["redirectUris"].as_array().unwrap().len(), 6);
}

#[test]
fn an_administrator_is_assigned_once() {
    let azure = FakeAzure::with_site();
    let run = azure.succeed(&["--admin", "alice@example.com"]);
    assert!(
        run.changes.contains(&"post appRoleAssignedTo".to_owned()),
        "{:?}",
        run.changes
    );
    let assigned = azure.tenant()["assignments"][0].clone();
    assert_eq!(assigned["principalId"], "user-of-alice");
    assert_eq!(assigned["resourceId"], "principal-of-client-1");
    assert_eq!(
        assigned["appRoleId"],
        application(&azure)["appRoles"][0]["id"]
    );
    assert_eq!(
        azure.succeed(&["--admin", "alice@example.com"]).changes,
        [""; 0]
    );
}

#[test]
fn objects_that_are_not_replicated_yet_are_retried() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| tenant["delays"] = json!(1));
    azure.succeed(&[]);
    assert_eq!(azure.succeed(&[]).changes, [""; 0]);
}

#[test]
fn a_failed_run_is_continued_by_the_next_one() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| {
        tenant["forbidden"] = json!(["patch https://graph.microsoft.com/v1.0/servicePrincipals"]);
    });
    let text = azure.fail(&[]);
    assert!(text.contains("Earlier changes are kept"), "{text}");
    azure.change(|tenant| tenant["forbidden"] = json!([]));
    assert_eq!(azure.succeed(&[]).changes, FIRST[2..]);
    assert_eq!(azure.tenant()["applications"].as_array().unwrap().len(), 1);
}

#[test]
fn removing_undoes_everything_and_can_be_repeated() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--client-secret"]);
    let dry_run = azure.succeed(&["--remove", "--dry-run"]);
    assert_eq!(dry_run.changes, [""; 0]);
    assert!(
        dry_run.text.contains("delete the app registration"),
        "{}",
        dry_run.text
    );
    azure.succeed(&["--remove"]);
    let tenant = azure.tenant();
    assert_eq!(tenant["applications"], json!([]));
    assert_eq!(tenant["vault"]["azure-client-secret"]["deleted"], true);
    assert_eq!(tenant["azd"]["AUTH_CLIENT_ID"], "");
    assert_eq!(tenant["azd"]["AUTH_CLIENT_SECRET_NAME"], "");
    assert_eq!(tenant["azd"]["ENABLE_ENTRA_AUTH"], "false");
    assert_eq!(azure.succeed(&["--remove"]).changes, [""; 0]);
}

/// `azd down` takes all that the deployment has left behind out of its environment, and then calls the hook.
#[test]
fn the_registration_of_a_site_that_is_gone_can_still_be_removed() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    azure.change(|tenant| {
        let values = tenant["azd"].as_object_mut().unwrap();
        values.retain(|name, _| {
            ["AZURE_ENV_NAME", "ENABLE_ENTRA_AUTH"].contains(&name.as_str())
                || name.starts_with("AUTH_")
        });
    });
    azure.succeed(&["--remove"]);
    assert_eq!(azure.tenant()["applications"], json!([]));
    assert_eq!(azure.tenant()["azd"]["AUTH_CLIENT_ID"], "");
}

#[test]
fn a_service_principal_that_exists_but_is_not_visible_yet_is_used() {
    let azure = FakeAzure::with_site();
    azure.succeed(&[]);
    azure.change(|tenant| tenant["hidden_reads"] = json!(2));
    azure.succeed(&["--admin", "me"]);
    assert_eq!(
        azure.tenant()["assignments"][0]["resourceId"],
        "principal-of-client-1"
    );
}
