//! What the command says when it cannot do its work.

use serde_json::json;

use crate::support::FakeAzure;

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn without_az_the_error_says_how_to_install_it_and_how_to_register_by_hand() {
    let azure = FakeAzure::with_site();
    azure.uninstall("az");
    let text = azure.fail(&[]);
    assert_says(
        &text,
        &[
            "https://aka.ms/azure-cli",
            "By hand",
            "https://app-1.example.com/auth/callback",
            "subject identity-1",
        ],
    );
}

#[test]
fn a_failed_removal_says_how_to_delete_by_hand() {
    let azure = FakeAzure::with_site();
    azure.uninstall("az");
    let text = azure.fail(&["--remove"]);
    assert_says(&text, &["https://aka.ms/azure-cli", "Delete"]);
    assert!(!text.contains("New registration"), "{text}");
}

#[test]
fn without_a_sign_in_at_az_the_error_says_how_to_sign_in() {
    let azure = FakeAzure::at_home();
    azure.change(|tenant| tenant["signed_in"] = json!(false));
    assert_says(
        &azure.fail(&["--client-secret"]),
        &["az login", "By hand", "SESSION_SECRET_KEY"],
    );
}

#[test]
fn without_permission_the_error_names_the_required_roles() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| tenant["forbidden"] = json!(["/v1.0/applications"]));
    assert_says(
        &azure.fail(&[]),
        &[
            "Insufficient privileges",
            "Application Developer",
            "By hand",
        ],
    );
    assert!(azure.tenant()["azd"]["AUTH_CLIENT_ID"].is_null());
}

#[test]
fn in_another_tenant_the_error_says_how_to_switch() {
    let azure = FakeAzure::with_site();
    let text = azure.fail(&["--tenant", "tenant-2"]);
    assert_says(
        &text,
        &["tenant-1, not tenant-2", "az login --tenant tenant-2"],
    );
    assert!(azure.run(&["--tenant", "tenant-1"]).succeeded);
}

#[test]
fn without_azd_this_machine_is_set_up_and_requires_a_client_secret() {
    let azure = FakeAzure::at_home();
    azure.uninstall("azd");
    let text = azure.fail(&[]);
    assert_says(&text, &["--client-secret", "cargo xtask dev"]);
    assert!(
        azure.tenant()["applications"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
}

#[test]
fn an_environment_without_a_site_has_to_be_provisioned_first() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| tenant["azd"] = json!({ "AZURE_ENV_NAME": "dev" }));
    assert_says(
        &azure.fail(&[]),
        &[
            "azd environment dev has no SERVICE_WEB_NAME",
            "azd provision",
            "--home",
        ],
    );
}

#[test]
fn a_managed_identity_of_another_tenant_requires_a_client_secret() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| tenant["azd"]["AZURE_TENANT_ID"] = json!("tenant-2"));
    assert_says(&azure.fail(&[]), &["tenant-2", "--client-secret"]);
    azure.succeed(&["--client-secret"]);
    assert_eq!(azure.tenant()["azd"]["AUTH_TENANT_ID"], "tenant-1");
}

#[test]
fn a_registration_of_somebody_else_is_neither_changed_nor_deleted() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| {
        tenant["applications"] =
            json!([{ "appId": "foreign", "displayName": "rust-salvo-postgres-azd app-1" }]);
    });
    assert_says(
        &azure.fail(&[]),
        &["was not created by this command", "--name"],
    );
    azure.change(|tenant| tenant["azd"]["AUTH_CLIENT_ID"] = json!("foreign"));
    assert_says(&azure.fail(&["--remove"]), &["not created by this command"]);
    assert_eq!(azure.tenant()["applications"].as_array().unwrap().len(), 1);
}

#[test]
fn a_registration_of_somebody_else_is_completed_when_its_client_id_is_set() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| {
        tenant["applications"] = json!([{ "appId": "foreign", "displayName": "Ours" }]);
        tenant["azd"]["AUTH_CLIENT_ID"] = json!("foreign");
    });
    azure.succeed(&[]);
    let application = azure.tenant()["applications"][0].clone();
    assert_eq!(application["appRoles"][0]["value"], "Admin");
    assert!(application["notes"].is_null());
}

#[test]
fn an_unknown_client_id_is_named() {
    let azure = FakeAzure::with_site();
    azure.change(|tenant| tenant["azd"]["AUTH_CLIENT_ID"] = json!("gone"));
    assert_says(
        &azure.fail(&[]),
        &["AUTH_CLIENT_ID names the registration gone", "--tenant"],
    );
}

#[test]
fn an_unknown_administrator_is_named_before_anything_is_changed() {
    let azure = FakeAzure::with_site();
    let text = azure.fail(&["--admin", "nobody@elsewhere.org"]);
    assert_says(&text, &["--admin nobody@elsewhere.org"]);
    assert!(
        azure.tenant()["applications"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
}
