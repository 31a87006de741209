//! Choices that would not do what they seem to say.

use super::{assert_one, environment, problems, programs};
use crate::hook::environment::Environment;

#[test]
fn a_misspelt_deploy_mode_is_named() {
    let environment = Environment {
        deploy_mode: "contianer".to_owned(),
        ..environment()
    };
    assert_one(
        &problems(&environment, &programs()),
        "DEPLOY_MODE is contianer",
    );
}

#[test]
fn a_wish_for_sign_in_that_azd_would_not_read_is_named() {
    for wish in ["yes", "1", "on"] {
        let environment = Environment {
            enable_entra_auth: wish.to_owned(),
            ..environment()
        };
        assert_one(
            &problems(&environment, &programs()),
            &format!("ENABLE_ENTRA_AUTH is {wish}"),
        );
    }
}

#[test]
fn a_trial_subscription_is_told_to_deploy_the_zip() {
    let container = Environment {
        deploy_mode: "container".to_owned(),
        ..environment()
    };
    for offer in ["FreeTrial_2014-09-01", "AzureForStudents_2018-01-01"] {
        let programs = programs().answers("subscriptionPolicies.quotaId", offer);
        assert_one(
            &problems(&container, &programs),
            "azd env set DEPLOY_MODE zip",
        );
        assert!(problems(&environment(), &programs).is_empty());
    }
    let paid = programs().answers("subscriptionPolicies.quotaId", "PayAsYouGo_2014-09-01");
    assert!(problems(&container, &paid).is_empty());
}

#[test]
fn without_a_compiler_for_the_zip_the_container_is_offered() {
    let programs = programs().lacks("musl-gcc").lacks("cargo-zigbuild");
    assert_one(
        &problems(&environment(), &programs),
        "azd env set DEPLOY_MODE container",
    );
    let container = Environment {
        deploy_mode: "container".to_owned(),
        ..environment()
    };
    assert!(problems(&container, &programs).is_empty());
}
