//! Each obstacle is named before anything is created.

mod choices;

use super::{azd_release, check, run};
use crate::hook::azure::Finding;
use crate::hook::environment::Environment;
use crate::hook::programs::recorder::Recorder;

fn environment() -> Environment {
    Environment {
        deploy_mode: "zip".to_owned(),
        auth_client_id: String::new(),
        ..Environment::for_rehearsal()
    }
}

/// A subscription where all is well.
fn programs() -> Recorder {
    Recorder::default()
        .answers("azd version", "azd version 1.32.0 (commit 1a2b3c)")
        .answers("az account show", "00000000-0000-0000-0000-000000000000")
        .answers("list-skus", "Standard_B1ms\nStandard_D2ds_v5")
        .answers("list-locations", "North Europe\nWest Europe")
        .answers(
            "Microsoft.Web/locations/westeurope/usages",
            "B1 VMs\t0\t10\nP1v3 VMs\t0\t0",
        )
        .answers("Microsoft.Authorization/permissions", "*\t")
        .answers("az cloud show", "https://graph.microsoft.com/")
        .answers(
            "https://graph.microsoft.com/v1.0/policies/authorizationPolicy",
            "true",
        )
}

fn problems(environment: &Environment, programs: &Recorder) -> Vec<String> {
    let problem = |finding| match finding {
        Finding::Problem(text) => Some(text),
        Finding::Good | Finding::Remark(_) => None,
    };
    check(environment, programs)
        .into_iter()
        .filter_map(problem)
        .collect()
}

fn remarks(environment: &Environment, programs: &Recorder) -> Vec<String> {
    let remark = |finding| match finding {
        Finding::Remark(text) => Some(text),
        Finding::Good | Finding::Problem(_) => None,
    };
    check(environment, programs)
        .into_iter()
        .filter_map(remark)
        .collect()
}

#[track_caller]
fn assert_one(texts: &[String], part: &str) {
    assert!(texts.len() == 1 && texts[0].contains(part), "{texts:?}");
}

#[test]
fn nothing_is_said_where_all_is_well() {
    let findings = check(&environment(), &programs());
    assert!(
        findings.iter().all(|finding| *finding == Finding::Good),
        "{findings:?}"
    );
    assert!(run(&environment(), &programs()));
}

#[test]
fn an_old_azd_is_told_off() {
    let programs = programs().answers("azd version", "azd version 1.28.3 (commit 1a2b3c)");
    assert_one(
        &problems(&environment(), &programs),
        "azd 1.29 or newer is needed, this is 1.28",
    );
    assert!(!run(&environment(), &programs));
}

#[test]
fn the_version_of_azd_is_read_with_and_without_a_suffix() {
    assert_eq!(
        azd_release("azd version 1.32.0-beta.1 (commit 1)"),
        Some((1, 32))
    );
    assert_eq!(azd_release("azd version 2.0.0"), Some((2, 0)));
    assert_eq!(azd_release("azd version 0.0.0-dev.0 (commit 0)"), None);
}

#[test]
fn without_az_the_checks_are_left_out_and_said_to_be() {
    let programs = programs().lacks("az");
    assert_one(&remarks(&environment(), &programs), "az is not installed");
    assert!(problems(&environment(), &programs).is_empty());
}

#[test]
fn az_must_be_signed_in_where_the_app_is_to_be_registered() {
    let programs = programs().refuses("az account show", "Please run 'az login'");
    assert_one(&problems(&environment(), &programs), "az login");
    let registered = Environment {
        auth_client_id: "an-id".to_owned(),
        ..environment()
    };
    assert!(problems(&registered, &programs).is_empty());
    assert_one(&remarks(&registered, &programs), "az login");
}

#[test]
fn a_region_without_postgresql_is_named() {
    let empty = programs().answers("list-skus", "");
    assert_one(
        &problems(&environment(), &empty),
        "westeurope does not offer PostgreSQL",
    );
    let refused = programs().refuses("list-skus", "ERROR: The location is restricted");
    assert_one(
        &problems(&environment(), &refused),
        "westeurope does not offer PostgreSQL",
    );
    let small = programs().answers("list-skus", "standard_d2ds_v5");
    assert_one(
        &problems(&environment(), &small),
        "no PostgreSQL server of the size Standard_B1ms",
    );
}

#[test]
fn a_region_without_the_plan_is_named() {
    let programs = programs().answers("list-locations", "North Europe");
    assert_one(
        &problems(&environment(), &programs),
        "no App Service machines of the size B1",
    );
}

#[test]
fn an_exhausted_quota_is_named() {
    let programs = programs().answers("usages", "B1 VMs\t10\t10");
    assert_one(
        &problems(&environment(), &programs),
        "no App Service machine of the size B1 is left",
    );
}

#[test]
fn the_right_to_assign_roles_is_asked_for() {
    for permissions in ["*\tMicrosoft.Authorization/*/Write", "*/read\t", ""] {
        let programs = programs().answers("Microsoft.Authorization/permissions", permissions);
        assert_one(
            &problems(&environment(), &programs),
            "you may not assign roles",
        );
    }
}

#[test]
fn who_may_not_register_applications_is_told_and_goes_on() {
    let programs = programs()
        .answers("authorizationPolicy", "false")
        .answers("directoryRole", "");
    assert_one(
        &remarks(&environment(), &programs),
        "you may not register applications",
    );
    assert!(run(&environment(), &programs));
    let developer = "cf1c38e5-3621-4004-a7cb-879624dced7c";
    let programs = programs.answers("directoryRole", developer);
    assert!(remarks(&environment(), &programs).is_empty());
}

#[test]
fn entra_id_is_not_asked_where_nobody_signs_in() {
    let environment = Environment {
        enable_entra_auth: "false".to_owned(),
        ..environment()
    };
    let programs = programs();
    assert!(run(&environment, &programs));
    assert!(!programs.was_asked("graph.microsoft.com"));
}

#[test]
fn a_check_that_cannot_be_made_stops_nothing() {
    let programs = programs().refuses("az rest", "ERROR: Too many requests");
    assert!(problems(&environment(), &programs).is_empty());
    let remarks = remarks(&environment(), &programs);
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    assert!(remarks[0].ends_with("could not be checked: ERROR: Too many requests"));
}
