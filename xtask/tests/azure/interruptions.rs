//! Interrupted runs: the next one completes the work.

use serde_json::{Value, json};

use crate::support::FakeAzure;

fn interrupt(azure: &FakeAzure, changes: u32, takes_effect: bool) {
    azure.change(|tenant| {
        tenant["interruption"] = json!({ "changes_left": changes, "takes_effect": takes_effect });
    });
}

/// The tenant without what differs between two secrets.
fn comparable(azure: &FakeAzure) -> Value {
    let mut tenant = azure.tenant();
    for field in ["interruption", "secrets_created", "vault"] {
        tenant[field] = Value::Null;
    }
    for application in tenant["applications"].as_array_mut().into_iter().flatten() {
        // The fake creates the list when it is first read.
        let federated = application["federated"].as_array().cloned();
        application["federated"] = json!(federated.unwrap_or_default());
        let secrets = &mut application["passwordCredentials"];
        *secrets = json!(secrets.as_array().map(Vec::len));
    }
    tenant
}

/// Interrupts the command at each of its changes in turn and compares the result of the next run.
fn assert_completed(start: impl Fn() -> FakeAzure, arguments: &[&str], takes_effect: bool) {
    let whole = start();
    whole.succeed(arguments);
    for change in 0.. {
        let azure = start();
        interrupt(&azure, change, takes_effect);
        let run = azure.run(arguments);
        if run.succeeded {
            assert!(change > 1, "nothing was interrupted");
            return;
        }
        assert!(run.text.contains("continues from there"), "{}", run.text);
        azure.succeed(arguments);
        assert_eq!(comparable(&azure), comparable(&whole), "change {change}");
    }
}

#[test]
fn a_run_that_is_interrupted_at_any_change_is_completed_by_the_next() {
    for takes_effect in [false, true] {
        assert_completed(FakeAzure::with_site, &["--admin", "me"], takes_effect);
        assert_completed(FakeAzure::with_site, &["--client-secret"], takes_effect);
    }
}

#[test]
fn a_removal_that_is_interrupted_at_any_change_is_completed_by_the_next() {
    let with_secret = || {
        let azure = FakeAzure::with_site();
        azure.succeed(&["--client-secret"]);
        azure
    };
    for takes_effect in [false, true] {
        assert_completed(with_secret, &["--remove"], takes_effect);
    }
}

#[test]
fn an_old_secret_that_could_not_be_deleted_is_named() {
    let azure = FakeAzure::at_home();
    azure.succeed(&["--client-secret"]);
    azure.change(|tenant| tenant["forbidden"] = json!(["ad app credential delete"]));
    let text = azure.fail(&["--rotate-secret"]);
    let command = "az ad app credential delete --id client-1 --key-id key-1";
    assert!(text.contains(command), "{text}");
}
