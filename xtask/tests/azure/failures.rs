//! What the command says when it cannot do its work.

use serde_json::json;

use crate::support::World;

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn without_az_it_says_where_to_get_it_and_how_to_do_without() {
    let world = World::with_site();
    world.uninstall("az");
    let text = world.fail(&[]);
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
fn a_removal_that_fails_says_how_to_delete_by_hand_and_not_how_to_register() {
    let world = World::with_site();
    world.uninstall("az");
    let text = world.fail(&["--remove"]);
    assert_says(&text, &["https://aka.ms/azure-cli", "Delete"]);
    assert!(!text.contains("New registration"), "{text}");
}

#[test]
fn without_a_sign_in_at_az_it_says_how_to_sign_in() {
    let world = World::at_home();
    world.change(|tenant| tenant["signed_in"] = json!(false));
    assert_says(
        &world.fail(&["--client-secret"]),
        &["az login", "By hand", "SESSION_SECRET_KEY"],
    );
}

#[test]
fn without_the_rights_it_says_which_and_who_can_help() {
    let world = World::with_site();
    world.change(|tenant| tenant["forbidden"] = json!(["/v1.0/applications"]));
    assert_says(
        &world.fail(&[]),
        &[
            "Insufficient privileges",
            "Application Developer",
            "By hand",
        ],
    );
    assert!(world.tenant()["azd"]["AUTH_CLIENT_ID"].is_null());
}

#[test]
fn in_another_tenant_it_says_how_to_get_to_the_right_one() {
    let world = World::with_site();
    let text = world.fail(&["--tenant", "tenant-2"]);
    assert_says(
        &text,
        &["tenant-1, not tenant-2", "az login --tenant tenant-2"],
    );
    assert!(world.run(&["--tenant", "tenant-1"]).succeeded);
}

#[test]
fn without_azd_this_machine_is_meant_and_a_secret_is_asked_for_first() {
    let world = World::at_home();
    world.uninstall("azd");
    let text = world.fail(&[]);
    assert_says(&text, &["--client-secret", "cargo xtask dev"]);
    assert!(
        world.tenant()["applications"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
}

#[test]
fn an_environment_without_a_site_has_to_be_provisioned_first() {
    let world = World::with_site();
    world.change(|tenant| tenant["azd"] = json!({ "AZURE_ENV_NAME": "dev" }));
    assert_says(
        &world.fail(&[]),
        &[
            "azd environment dev has no SERVICE_WEB_NAME",
            "azd provision",
            "--home",
        ],
    );
}

#[test]
fn an_identity_of_another_tenant_cannot_vouch() {
    let world = World::with_site();
    world.change(|tenant| tenant["azd"]["AZURE_TENANT_ID"] = json!("tenant-2"));
    assert_says(&world.fail(&[]), &["tenant-2", "--client-secret"]);
    world.succeed(&["--client-secret"]);
    assert_eq!(world.tenant()["azd"]["AUTH_TENANT_ID"], "tenant-1");
}

#[test]
fn somebody_elses_registration_is_neither_taken_over_nor_deleted() {
    let world = World::with_site();
    world.change(|tenant| {
        tenant["applications"] =
            json!([{ "appId": "foreign", "displayName": "rust-salvo-postgres-azd app-1" }]);
    });
    assert_says(
        &world.fail(&[]),
        &["was not created by this command", "--name"],
    );
    world.change(|tenant| tenant["azd"]["AUTH_CLIENT_ID"] = json!("foreign"));
    assert_says(&world.fail(&["--remove"]), &["not created by this command"]);
    assert_eq!(world.tenant()["applications"].as_array().unwrap().len(), 1);
}

#[test]
fn a_registration_of_somebody_else_is_completed_when_its_client_id_is_set() {
    let world = World::with_site();
    world.change(|tenant| {
        tenant["applications"] = json!([{ "appId": "foreign", "displayName": "Ours" }]);
        tenant["azd"]["AUTH_CLIENT_ID"] = json!("foreign");
    });
    world.succeed(&[]);
    let application = world.tenant()["applications"][0].clone();
    assert_eq!(application["appRoles"][0]["value"], "Admin");
    assert!(application["notes"].is_null());
}

#[test]
fn a_client_id_that_is_not_there_is_named() {
    let world = World::with_site();
    world.change(|tenant| tenant["azd"]["AUTH_CLIENT_ID"] = json!("gone"));
    assert_says(
        &world.fail(&[]),
        &["AUTH_CLIENT_ID names the registration gone", "--tenant"],
    );
}

#[test]
fn an_unknown_administrator_is_named_before_anything_is_changed() {
    let world = World::with_site();
    let text = world.fail(&["--admin", "nobody@elsewhere.org"]);
    assert_says(&text, &["--admin nobody@elsewhere.org"]);
    assert!(
        world.tenant()["applications"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
}
