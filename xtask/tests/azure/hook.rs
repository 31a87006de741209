//! The hooks of azd: each obstacle is named before anything is created.

use serde_json::{Value, json};

use crate::support::FakeAzure;

/// An environment in which every check passes.
fn azure() -> FakeAzure {
    let azure = FakeAzure::with_site();
    for program in ["curl", "musl-gcc", "cargo-zigbuild"] {
        azure.install(program);
    }
    azure.change(|tenant| {
        tenant["azd_version"] = json!("azd version 1.32.0 (commit 1a2b3c)");
        tenant["permissions"] = json!({ "value": [{ "actions": ["*"], "notActions": [] }] });
        tenant["sizes"] = json!(["Standard_B1ms", "Standard_D2ds_v5"]);
        tenant["servers"] = json!([{ "version": "17", "tags": { "azd-env-name": "dev" } }]);
        tenant["subscription"] =
            json!({ "subscriptionPolicies": { "quotaId": "PayAsYouGo_2014-09-01" } });
    });
    set(&azure, "AZURE_SUBSCRIPTION_ID", "subscription-1");
    set(&azure, "AZURE_LOCATION", "westeurope");
    azure
}

fn set(azure: &FakeAzure, name: &str, value: &str) {
    azure.change(|tenant| tenant["azd"][name] = json!(value));
}

#[track_caller]
fn assert_stopped(azure: &FakeAzure, message: &str) {
    let run = azure.run_hook("preprovision");
    assert!(!run.succeeded && run.text.contains(message), "{}", run.text);
    assert_eq!(run.text.lines().count(), 1, "{}", run.text);
}

#[track_caller]
fn assert_passes(azure: &FakeAzure, remark: &str) {
    let run = azure.run_hook("preprovision");
    assert!(run.succeeded && run.text.contains(remark), "{}", run.text);
    assert_eq!(run.text.is_empty(), remark.is_empty(), "{}", run.text);
}

#[test]
fn nothing_is_printed_if_every_check_passes() {
    assert_passes(&azure(), "");
}

#[test]
fn an_outdated_azd_is_rejected() {
    let azure = azure();
    for (version, is_outdated) in [
        ("1.29.3 (commit 1)", true),
        ("1.32.0-beta.1", false),
        ("0.0.0-dev.0", false),
    ] {
        azure.change(|tenant| tenant["azd_version"] = json!(format!("azd version {version}")));
        if is_outdated {
            assert_stopped(&azure, "azd 1.30 or newer is required, this is 1.29");
        } else {
            assert_passes(&azure, "");
        }
    }
}

#[test]
fn a_misspelt_deploy_mode_is_rejected() {
    let azure = azure();
    set(&azure, "DEPLOY_MODE", "contianer");
    assert_stopped(&azure, "DEPLOY_MODE is contianer");
}

#[test]
fn words_that_are_no_numbers_or_booleans_are_rejected() {
    for (name, value) in [
        ("ENABLE_ENTRA_AUTH", "yes"),
        ("APP_INSTANCES", "two"),
        ("LOG_RETENTION_DAYS", "30d"),
    ] {
        let azure = azure();
        set(&azure, name, value);
        assert_stopped(&azure, &format!("{name} is {value}, but must be "));
    }
    let azure = azure();
    set(&azure, "APP_INSTANCES", "2");
    set(&azure, "DATABASE_GEO_REDUNDANT_BACKUP", "True");
    assert_passes(&azure, "");
}

#[test]
fn the_zip_needs_a_compiler_and_the_container_does_not() {
    let azure = azure();
    azure.uninstall("musl-gcc");
    azure.uninstall("cargo-zigbuild");
    assert_stopped(&azure, "azd env set DEPLOY_MODE container");
    set(&azure, "DEPLOY_MODE", "container");
    assert_passes(&azure, "");
}

#[test]
fn a_free_subscription_cannot_build_containers() {
    let azure = azure();
    for offer in ["FreeTrial_2014-09-01", "AzureForStudents_2018-01-01"] {
        azure.change(|tenant| {
            tenant["subscription"]["subscriptionPolicies"]["quotaId"] = json!(offer);
        });
        set(&azure, "DEPLOY_MODE", "zip");
        assert_passes(&azure, "");
        set(&azure, "DEPLOY_MODE", "container");
        assert_stopped(&azure, "azd env set DEPLOY_MODE zip");
    }
}

#[test]
fn a_registry_that_is_no_longer_used_is_named() {
    let azure = azure();
    set(
        &azure,
        "AZURE_CONTAINER_REGISTRY_ENDPOINT",
        "registry1.azurecr.io",
    );
    assert_passes(&azure, "az acr delete --name registry1");
}

#[test]
fn without_az_the_checks_are_skipped() {
    let azure = azure();
    azure.uninstall("az");
    assert_passes(&azure, "az is not installed");
}

#[test]
fn az_must_be_signed_in_if_the_app_is_to_be_registered() {
    let azure = azure();
    azure.change(|tenant| tenant["signed_in"] = json!(false));
    assert_passes(&azure, "az login");
    set(&azure, "ENABLE_ENTRA_AUTH", "true");
    assert_stopped(&azure, "az login");
    set(&azure, "AUTH_CLIENT_ID", "client-1");
    assert_passes(&azure, "az login");
}

#[test]
fn a_region_without_postgresql_is_rejected() {
    let azure = azure();
    azure.change(|tenant| tenant["sizes"] = json!(["standard_d2ds_v5"]));
    assert_stopped(&azure, "no PostgreSQL server of the size Standard_B1ms");
    azure.change(|tenant| tenant["sizes"] = json!([]));
    assert_stopped(&azure, "westeurope does not offer PostgreSQL");
    azure.change(|tenant| tenant["closed_region"] = json!("The location is restricted"));
    assert_stopped(&azure, "westeurope does not offer PostgreSQL");
}

#[test]
fn the_permission_to_assign_roles_is_required() {
    let azure = azure();
    let role =
        |actions: &[&str], denied: &[&str]| json!({ "actions": actions, "notActions": denied });
    let set =
        |roles: &[Value]| azure.change(|tenant| tenant["permissions"] = json!({ "value": roles }));
    let contributor = role(
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
        ],
    );
    for roles in [
        vec![],
        vec![contributor.clone()],
        vec![role(&["*/read"], &[])],
    ] {
        set(&roles);
        assert_stopped(&azure, "you may not assign roles");
    }
    set(&[
        contributor,
        role(&["*/read", "Microsoft.Authorization/*"], &[]),
    ]);
    assert_passes(&azure, "");
}

#[test]
fn a_check_that_fails_stops_nothing() {
    let azure = azure();
    azure.change(|tenant| tenant["forbidden"] = json!(["/permissions"]));
    assert_passes(&azure, "could not check your permission to assign roles");
}

#[test]
fn a_database_upgrade_has_to_be_confirmed() {
    let azure = azure();
    set(&azure, "DATABASE_VERSION", "18");
    assert_stopped(&azure, "azd env set CONFIRM_DATABASE_UPGRADE 18");
    set(&azure, "CONFIRM_DATABASE_UPGRADE", "17");
    assert_stopped(&azure, "cannot be undone");
    set(&azure, "CONFIRM_DATABASE_UPGRADE", "18");
    assert_passes(&azure, "");
}

#[test]
fn postprovision_registers_the_app_and_configures_the_site() {
    let azure = azure();
    assert!(azure.run_hook("postprovision").changes.is_empty());
    set(&azure, "ENABLE_ENTRA_AUTH", "true");
    let run = azure.run_hook("postprovision");
    assert!(run.succeeded, "{}", run.text);
    let settings = azure.tenant()["site_settings"].clone();
    assert_eq!(
        settings,
        json!(["AZURE_CLIENT_ID=client-1", "AZURE_TENANT_ID=tenant-1"]),
        "{}",
        run.text
    );
}

#[test]
fn a_failed_registration_does_not_stop_the_deployment() {
    let azure = azure();
    set(&azure, "ENABLE_ENTRA_AUTH", "true");
    azure.change(|tenant| tenant["forbidden"] = json!(["/v1.0/applications"]));
    let run = azure.run_hook("postprovision");
    assert!(
        run.succeeded && run.text.contains("was not completed"),
        "{}",
        run.text
    );
    azure.change(|tenant| tenant["forbidden"] = json!(["webapp config appsettings set"]));
    let run = azure.run_hook("postprovision");
    assert!(
        run.succeeded && run.text.contains("azd provision --no-state"),
        "{}",
        run.text
    );
}

#[test]
fn postdown_deletes_the_registration() {
    let azure = azure();
    assert!(azure.run_hook("postdown").changes.is_empty());
    azure.succeed(&[]);
    assert!(azure.run_hook("postdown").succeeded);
    assert_eq!(azure.tenant()["applications"], json!([]));
}

#[test]
fn postdeploy_waits_for_the_site_and_prints_its_address() {
    let azure = azure();
    let run = azure.run_hook("postdeploy");
    assert!(
        run.succeeded && run.text.contains("    Site        https://app-1"),
        "{}",
        run.text
    );
    assert!(!run.text.contains("SSH"), "{}", run.text);
    let calls = azure.calls();
    assert!(
        calls.contains("app-1.example.com/readyz\"") && calls.contains("\"--retry\""),
        "{calls}"
    );
    azure.change(|tenant| tenant["site_status"] = json!(503));
    let run = azure.run_hook("postdeploy");
    assert!(
        !run.succeeded && run.text.contains("/readyz is not ready"),
        "{}",
        run.text
    );
    azure.uninstall("curl");
    assert!(azure.run_hook("postdeploy").succeeded);
    set(&azure, "WEB_URI", "");
    let run = azure.run_hook("postdeploy");
    assert!(
        !run.succeeded && run.text.contains("azd provision --no-state"),
        "{}",
        run.text
    );
}

/// A hook of the project runs for `azd up` and `azd package`, but not for `azd deploy`; a hook of the service always.
#[test]
fn the_zip_is_rebuilt_whenever_azd_packages_it() {
    let project = include_str!("../../../azure.yaml");
    let (services, hooks) = project.split_once("\nhooks:\n").unwrap();
    let (zip, container) = services.split_once("\n  web-container:\n").unwrap();
    assert!(zip.contains("run.sh prepackage") && zip.contains("run.ps1 prepackage"));
    assert!(!container.contains("prepackage") && !hooks.contains("prepackage"));
}
