//! `cargo xtask infra`: every check of the infrastructure, the workflows and the devcontainer that can run here.

mod settings;

use std::fs;

use anyhow::Result;

use crate::checks::{self, Check, Outcome, Step, run_online};
use crate::workspace;

pub(crate) use settings::{SiteSetting, site_settings, site_text};

/// A diagnostic of Bicep, as in `main.bicep(3,7) : Warning no-unused-params: …`. It exits with 0 after a warning.
const BICEP: &str = " : (Error|Warning|Info) ";
/// checkov succeeds although it cannot parse a file; its summary says so.
const CHECKOV: &str = "Parsing errors";

#[rustfmt::skip]
pub(crate) const CHECKS: [Check; 14] = [
    Check { name: "Bicep build", step: Step::Silent("bicep build infra/main.bicep --outfile target/main.json", BICEP) },
    Check { name: "Bicep lint", step: Step::Silent("bicep lint infra/main.bicep", BICEP) },
    Check { name: "Security of the infrastructure (checkov)", step: Step::Silent("checkov --config-file .checkov.yaml --directory .", CHECKOV) },
    Check { name: "Schema of azure.yaml", step: Step::Online(
        "curl --fail --silent --location --max-time 20 --create-dirs --output target/schemas/azure.yaml.json https://raw.githubusercontent.com/Azure/azure-dev/main/schemas/v1.0/azure.yaml.json",
        "check-jsonschema --schemafile target/schemas/azure.yaml.json azure.yaml")  },
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
    fs::create_dir_all(workspace::root().join("target/schemas"))?;
    let plain = workspace::root().join("target/schemas/devcontainer.json");
    fs::write(plain, lines.join("\n"))?;
    run_online(
        "curl --fail --silent --location --max-time 20 --output target/schemas/devContainer.base.schema.json https://raw.githubusercontent.com/devcontainers/spec/main/schemas/devContainer.base.schema.json",
        "check-jsonschema --schemafile target/schemas/devContainer.base.schema.json target/schemas/devcontainer.json",
    )
}
