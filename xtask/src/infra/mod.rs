//! `cargo xtask infra`: every check of the infrastructure, the workflows and the devcontainer that can run here.

mod settings;

use std::fs;

use anyhow::Result;

use crate::checks::{self, Check, Outcome, Step, missing, run_command};
use crate::{process, programs, workspace};

pub(crate) use settings::{SiteSetting, site_settings, site_text};

/// Marks a diagnostic of Bicep, as in `main.bicep(3,7) : Warning no-unused-params: …`. It exits with 0 after a warning.
const BICEP: &[&str] = &[" : Error ", " : Warning ", " : Info "];
/// checkov succeeds although it cannot parse a file; its summary says so.
const CHECKOV: &[&str] = &["Parsing errors"];

const AZURE_SCHEMA: &str =
    "https://raw.githubusercontent.com/Azure/azure-dev/main/schemas/v1.0/azure.yaml.json";
const DEVCONTAINER_SCHEMA: &str = "https://raw.githubusercontent.com/devcontainers/spec/main/schemas/devContainer.base.schema.json";

#[rustfmt::skip]
pub(crate) const CHECKS: [Check; 14] = [
    Check { name: "Bicep build", step: Step::Silent("bicep build infra/main.bicep --outfile target/main.json", BICEP) },
    Check { name: "Bicep lint", step: Step::Silent("bicep lint infra/main.bicep", BICEP) },
    Check { name: "Security of the infrastructure (checkov)", step: Step::Silent("checkov --config-file .checkov.yaml --directory .", CHECKOV) },
    Check { name: "Schema of azure.yaml", step: Step::Function(|| check_schema(AZURE_SCHEMA, "azure.yaml")) },
    Check { name: "Schema of the devcontainer", step: Step::Function(check_devcontainer) },
    Check { name: "Schema of the devcontainer's compose file", step: Step::Command("check-jsonschema --builtin-schema vendor.compose-spec .devcontainer/compose.yaml") },
    Check { name: "Schema of the workflows", step: Step::Command("check-jsonschema --builtin-schema vendor.github-workflows {.github/workflows/*.yml}") },
    Check { name: "Schema of the Dependabot configuration", step: Step::Command("check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml") },
    Check { name: "Workflows", step: Step::Command("actionlint") },
    Check { name: "Security of the workflows", step: Step::Command("zizmor --offline --no-progress --quiet .github") },
    Check { name: "Secrets in the history", step: Step::Command("gitleaks git --no-banner --redact --log-level warn .") },
    Check { name: "Dockerfiles", step: Step::Command("hadolint {*Dockerfile}") },
    Check { name: "Shell scripts", step: Step::Command("shellcheck --external-sources {*.sh} .ci/run .ci/install-checkers") },
    Check { name: "PowerShell scripts", step: Step::Command("pwsh -NoProfile -NonInteractive -File .ci/parse-powershell.ps1 {*.ps1}") },
];

/// Each check counts as one in the last line.
pub(crate) fn run() -> Result<bool> {
    Ok(checks::run(&CHECKS)?.report())
}

/// The checker does not accept the comments that the editor allows, which fill whole lines.
fn check_devcontainer() -> Result<Outcome> {
    let text = workspace::read(".devcontainer/devcontainer.json")?;
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let lines: Vec<&str> = text.lines().filter(is_code).collect();
    let plain = "target/schemas/devcontainer.json";
    fs::create_dir_all(workspace::root().join("target/schemas"))?;
    fs::write(workspace::root().join(plain), lines.join("\n"))?;
    check_schema(DEVCONTAINER_SCHEMA, plain)
}

/// Downloads the schema first, so that a missing network is not taken for an invalid file.
fn check_schema(address: &str, file: &str) -> Result<Outcome> {
    if !programs::is_installed("check-jsonschema") {
        return Ok(missing("check-jsonschema"));
    }
    let name = address.rsplit('/').next().unwrap_or(address);
    let schema = format!("target/schemas/{name}");
    let download = "curl --fail --silent --location --max-time 20 --create-dirs --output {} {}";
    if !process::run(&workspace::command(download, &[&schema, address]))? {
        return Ok(Outcome::Skipped(format!("{address} cannot be reached")));
    }
    run_command(
        &format!("check-jsonschema --schemafile {schema} {file}"),
        &[],
    )
}
