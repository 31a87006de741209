//! The step of the deployment workflow that copies the repository's variables to the azd environment.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use duct::cmd;
use serde_json::json;

const WORKFLOW: &str = include_str!("../../.github/workflows/azure-dev.yml");
const STEP: &str = "      - name: Set the variables in the azd environment\n";

/// The script of the step, without its indentation.
fn script() -> String {
    let step = WORKFLOW.split_once(STEP).unwrap().1;
    let script = step.split_once("        run: |\n").unwrap().1;
    let lines = script
        .lines()
        .map_while(|line| line.strip_prefix("          "));
    lines.collect::<Vec<_>>().join("\n")
}

/// What the step sets if the repository has these variables; `None` on a machine without jq.
fn set(variables: &serde_json::Value) -> Option<Vec<String>> {
    if cmd!("jq", "--version").stdout_null().run().is_err() {
        eprintln!("skipped: jq is not installed");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let azd = folder.path().join("azd");
    fs::write(&azd, "#!/bin/sh\nprintf '%s\\n' \"$*\"\n").unwrap();
    fs::set_permissions(&azd, Permissions::from_mode(0o755)).unwrap();
    let run = format!("PATH={}:$PATH\n{}", folder.path().display(), script());
    let run = cmd!("bash", "-e", "-o", "pipefail", "-c", run)
        .env("VARIABLES", variables.to_string())
        .env("AZURE_ENV_NAME", "env")
        .env("AZURE_LOCATION", "westeurope")
        .env("AZURE_SUBSCRIPTION_ID", "subscription");
    let output = run.read().unwrap();
    let set = output
        .lines()
        .filter_map(|line| line.strip_prefix("env set "));
    Some(set.map(str::to_owned).collect())
}

/// `azd pipeline config` stores a value as a JSON string without its quotes.
fn stored_by_azd(value: &str) -> String {
    let quoted = json!(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[test]
fn a_value_that_azd_has_escaped_is_unescaped() {
    let settings = r#"{"RUST_LOG":"info,app=debug","PATTERN":"a\\b \"c\""}"#;
    let variables = json!({ "APP_SETTINGS": stored_by_azd(settings) });
    if let Some(set) = set(&variables) {
        assert_eq!(set, [format!("APP_SETTINGS={settings}")]);
    }
}

#[test]
fn a_value_that_was_set_by_hand_stays_as_it_is() {
    let variables = json!({ "APP_SETTINGS": r#"{"RUST_LOG":"debug"}"#, "DEPLOY_MODE": "zip" });
    let expected = [r#"APP_SETTINGS={"RUST_LOG":"debug"}"#, "DEPLOY_MODE=zip"];
    if let Some(set) = set(&variables) {
        assert_eq!(set, expected);
    }
}

#[test]
fn empty_variables_and_those_of_the_sign_in_are_left_out() {
    let variables =
        json!({ "BASE_URL": "", "AZURE_CLIENT_ID": "id", "AZURE_RESOURCE_GROUP": "group" });
    if let Some(set) = set(&variables) {
        assert_eq!(set, ["AZURE_RESOURCE_GROUP=group"]);
    }
}
