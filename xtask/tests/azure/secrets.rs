//! The client secret: made, kept, replaced, shown to nobody.

use serde_json::{Value, json};

use crate::support::{Run, World};

fn keys(world: &World) -> Vec<Value> {
    let secrets = world.tenant()["applications"][0]["passwordCredentials"].clone();
    secrets
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| secret["keyId"].clone())
        .collect()
}

fn assert_secret_is_hidden(world: &World, run: &Run) {
    assert!(!run.text.contains("s3cret"), "{}", run.text);
    assert!(!world.calls().contains("s3cret"), "{}", world.calls());
}

#[test]
fn the_secret_of_a_site_goes_to_its_vault_and_nowhere_else() {
    let world = World::with_site();
    let run = world.succeed(&["--client-secret"]);
    assert_secret_is_hidden(&world, &run);
    let tenant = world.tenant();
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
    assert_eq!(world.env_text(), "");
    assert_eq!(world.succeed(&[]).changes, [""; 0]);
}

#[test]
fn the_old_secret_of_a_site_goes_after_the_new_one_is_in_use() {
    let world = World::with_site();
    world.succeed(&["--client-secret"]);
    let run = world.succeed(&["--rotate-secret"]);
    assert_secret_is_hidden(&world, &run);
    let order = [
        "ad app credential reset",
        "keyvault secret set",
        "post refresh",
        "ad app credential delete",
    ];
    assert_eq!(run.changes, order);
    assert_eq!(keys(&world), [json!("key-2")]);
    assert_eq!(
        world.tenant()["vault"]["azure-client-secret"]["value"],
        "002~s3cret"
    );
}

#[test]
fn a_rotation_that_was_broken_off_is_finished_by_the_next_run() {
    let world = World::with_site();
    world.succeed(&["--client-secret"]);
    world.change(|tenant| tenant["forbidden"] = json!(["webapp show"]));
    world.fail(&["--rotate-secret"]);
    assert_eq!(keys(&world).len(), 2);
    world.change(|tenant| tenant["forbidden"] = json!([]));
    assert_eq!(
        world.succeed(&[]).changes,
        ["post refresh", "ad app credential delete"]
    );
    assert_eq!(keys(&world), [json!("key-2")]);
}

#[test]
fn the_secret_of_a_machine_is_replaced_and_those_of_other_machines_stay() {
    let world = World::at_home();
    world.succeed(&["--client-secret"]);
    let other = json!({ "keyId": "of-another-machine", "displayName": "home", "hint": "abc" });
    world.change(|tenant| {
        let secrets = &mut tenant["applications"][0]["passwordCredentials"];
        secrets.as_array_mut().unwrap().push(other);
    });
    assert_eq!(world.succeed(&[]).changes, [""; 0]);
    let run = world.succeed(&["--rotate-secret"]);
    assert_secret_is_hidden(&world, &run);
    assert_eq!(keys(&world), [json!("of-another-machine"), json!("key-2")]);
    assert!(
        world
            .env_text()
            .contains("AZURE_CLIENT_SECRET=002~s3cret\n")
    );
}

#[test]
fn a_secret_that_entra_does_not_know_any_more_is_made_anew() {
    let world = World::with_site();
    world.succeed(&["--client-secret"]);
    world.change(|tenant| tenant["applications"][0]["passwordCredentials"] = json!([]));
    world.succeed(&[]);
    assert_eq!(keys(&world), [json!("key-2")]);
}

#[test]
fn the_name_of_a_deleted_secret_can_be_used_again() {
    let world = World::with_site();
    world.succeed(&["--client-secret"]);
    world.succeed(&["--remove"]);
    world.succeed(&["--client-secret"]);
    let secret = &world.tenant()["vault"]["azure-client-secret"];
    assert_eq!(secret["value"], "002~s3cret");
    assert_eq!(world.succeed(&[]).changes, [""; 0]);
}

#[test]
fn there_is_nothing_to_rotate_where_the_identity_vouches() {
    let world = World::with_site();
    let text = world.fail(&["--rotate-secret"]);
    assert!(text.contains("no client secret to rotate"), "{text}");
    assert_eq!(world.tenant()["applications"], json!([]));
}
