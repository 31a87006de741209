//! Client secrets: created, stored, rotated and never printed.

use serde_json::{Value, json};

use crate::support::{FakeAzure, Run};

fn keys(azure: &FakeAzure) -> Vec<Value> {
    let secrets = azure.tenant()["applications"][0]["passwordCredentials"].clone();
    secrets
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| secret["keyId"].clone())
        .collect()
}

fn assert_secret_is_hidden(azure: &FakeAzure, run: &Run) {
    assert!(!run.text.contains("s3cret"), "{}", run.text);
    assert!(!azure.calls().contains("s3cret"), "{}", azure.calls());
}

#[test]
fn the_secret_of_a_site_is_stored_in_its_vault_alone() {
    let azure = FakeAzure::with_site();
    let run = azure.succeed(&["--client-secret"]);
    assert_secret_is_hidden(&azure, &run);
    let tenant = azure.tenant();
    assert_eq!(
        tenant["vault"]["azure-client-secret"]["value"],
        "001~s3cret"
    );
    assert_eq!(
        tenant["azd"]["AUTH_CLIENT_SECRET_NAME"],
        "azure-client-secret"
    );
    assert!(!tenant["azd"].to_string().contains("s3cret"));
    assert!(tenant["applications"][0]["federated"].is_null());
    assert_eq!(azure.env_text(), "");
    assert_eq!(azure.succeed(&[]).changes, [""; 0]);
}

#[test]
fn the_old_secret_of_a_site_is_deleted_once_the_new_one_is_used() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--client-secret"]);
    let run = azure.succeed(&["--rotate-secret"]);
    assert_secret_is_hidden(&azure, &run);
    let order = [
        "ad app credential reset",
        "keyvault secret set",
        "post refresh",
        "ad app credential delete",
    ];
    assert_eq!(run.changes, order);
    assert_eq!(keys(&azure), [json!("key-2")]);
    assert_eq!(
        azure.tenant()["vault"]["azure-client-secret"]["value"],
        "002~s3cret"
    );
}

#[test]
fn an_interrupted_rotation_is_finished_by_the_next_run() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--client-secret"]);
    azure.change(|tenant| tenant["forbidden"] = json!(["webapp show"]));
    azure.fail(&["--rotate-secret"]);
    assert_eq!(keys(&azure).len(), 2);
    azure.change(|tenant| tenant["forbidden"] = json!([]));
    assert_eq!(
        azure.succeed(&[]).changes,
        ["post refresh", "ad app credential delete"]
    );
    assert_eq!(keys(&azure), [json!("key-2")]);
}

#[test]
fn rotating_the_secret_of_a_machine_keeps_those_of_other_machines() {
    let azure = FakeAzure::at_home();
    azure.succeed(&["--client-secret"]);
    let other = json!({ "keyId": "of-another-machine", "displayName": "home", "hint": "abc" });
    azure.change(|tenant| {
        let secrets = &mut tenant["applications"][0]["passwordCredentials"];
        secrets.as_array_mut().unwrap().push(other);
    });
    assert_eq!(azure.succeed(&[]).changes, [""; 0]);
    let run = azure.succeed(&["--rotate-secret"]);
    assert_secret_is_hidden(&azure, &run);
    assert_eq!(keys(&azure), [json!("of-another-machine"), json!("key-2")]);
    assert!(
        azure
            .env_text()
            .contains("AZURE_CLIENT_SECRET=002~s3cret\n")
    );
}

#[test]
fn a_secret_that_entra_id_no_longer_has_is_replaced() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--client-secret"]);
    azure.change(|tenant| tenant["applications"][0]["passwordCredentials"] = json!([]));
    azure.succeed(&[]);
    assert_eq!(keys(&azure), [json!("key-2")]);
}

#[test]
fn the_name_of_a_deleted_secret_can_be_used_again() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--client-secret"]);
    azure.succeed(&["--remove"]);
    azure.succeed(&["--client-secret"]);
    let secret = &azure.tenant()["vault"]["azure-client-secret"];
    assert_eq!(secret["value"], "002~s3cret");
    assert_eq!(azure.succeed(&[]).changes, [""; 0]);
}

#[test]
fn rotating_fails_for_a_site_that_uses_its_managed_identity() {
    let azure = FakeAzure::with_site();
    let text = azure.fail(&["--rotate-secret"]);
    assert!(text.contains("no client secret to rotate"), "{text}");
    assert_eq!(azure.tenant()["applications"], json!([]));
}
