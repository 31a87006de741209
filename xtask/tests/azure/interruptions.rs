//! Runs that are broken off: the next one completes the work.

use serde_json::{Value, json};

use crate::support::World;

fn break_off(world: &World, changes: u32, takes_effect: bool) {
    world.change(|tenant| {
        tenant["break_off"] = json!({ "changes_left": changes, "takes_effect": takes_effect });
    });
}

/// The tenant without what each new secret differs in.
fn comparable(world: &World) -> Value {
    let mut tenant = world.tenant();
    for field in ["break_off", "secrets_made", "vault"] {
        tenant[field] = Value::Null;
    }
    for application in tenant["applications"].as_array_mut().into_iter().flatten() {
        // The stand-in makes the list when it is first looked at.
        let federated = application["federated"].as_array().cloned();
        application["federated"] = json!(federated.unwrap_or_default());
        let secrets = &mut application["passwordCredentials"];
        *secrets = json!(secrets.as_array().map(Vec::len));
    }
    tenant
}

/// Breaks the command off at each of its changes in turn and compares what the next run comes to.
fn assert_completed(start: impl Fn() -> World, arguments: &[&str], takes_effect: bool) {
    let whole = start();
    whole.succeed(arguments);
    for change in 0.. {
        let world = start();
        break_off(&world, change, takes_effect);
        let run = world.run(arguments);
        if run.succeeded {
            assert!(change > 1, "nothing was broken off");
            return;
        }
        assert!(run.text.contains("continues from there"), "{}", run.text);
        world.succeed(arguments);
        assert_eq!(comparable(&world), comparable(&whole), "change {change}");
    }
}

#[test]
fn a_run_that_is_broken_off_at_any_change_is_completed_by_the_next() {
    for takes_effect in [false, true] {
        assert_completed(World::with_site, &["--admin", "me"], takes_effect);
        assert_completed(World::with_site, &["--client-secret"], takes_effect);
    }
}

#[test]
fn a_removal_that_is_broken_off_at_any_change_is_completed_by_the_next() {
    let with_secret = || {
        let world = World::with_site();
        world.succeed(&["--client-secret"]);
        world
    };
    for takes_effect in [false, true] {
        assert_completed(with_secret, &["--remove"], takes_effect);
    }
}

#[test]
fn an_old_secret_that_could_not_be_deleted_is_named() {
    let world = World::at_home();
    world.succeed(&["--client-secret"]);
    world.change(|tenant| tenant["forbidden"] = json!(["ad app credential delete"]));
    let text = world.fail(&["--rotate-secret"]);
    let command = "az ad app credential delete --id client-1 --key-id key-1";
    assert!(text.contains(command), "{text}");
}
