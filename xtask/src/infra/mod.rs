//! `cargo xtask infra`: every check of the infrastructure, the workflows and the devcontainer that can run here.

mod bicep;
mod scripts;
mod schemas;
mod settings;

use std::process::ExitCode;

use anyhow::Result;

use crate::checks::{Check, Report, Step};
use crate::process::Supervisor;
use crate::test;

pub(crate) use settings::{SiteSetting, site_settings, site_text};

#[rustfmt::skip]
pub(crate) const CHECKS: [Check; 16] = [
    Check { name: "App settings in the Bicep", step: Step::Function(settings::check) },
    Check { name: "Bicep build", step: Step::Function(bicep::build) },
    Check { name: "Bicep lint", step: Step::Function(bicep::lint) },
    Check { name: "Security of the infrastructure (checkov)", step: Step::Function(scripts::checkov) },
    Check { name: "Schema of azure.yaml", step: Step::Function(schemas::azure) },
    Check { name: "Schema of the devcontainer", step: Step::Function(schemas::devcontainer) },
    Check { name: "Schema of the devcontainer's compose file", step: Step::Command("check-jsonschema --builtin-schema vendor.compose-spec .devcontainer/compose.yaml") },
    Check { name: "Schema of the workflows", step: Step::Command("check-jsonschema --builtin-schema vendor.github-workflows {.github/workflows/*.yml}") },
    Check { name: "Schema of the Dependabot configuration", step: Step::Command("check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml") },
    Check { name: "Workflows", step: Step::Command("actionlint") },
    Check { name: "Security of the workflows", step: Step::Command("zizmor --offline --no-progress --quiet .github") },
    Check { name: "Secrets in the history", step: Step::Command("gitleaks git --no-banner --redact --log-level warn .") },
    Check { name: "Dockerfiles", step: Step::Command("hadolint {*Dockerfile}") },
    Check { name: "Shell scripts", step: Step::Command("shellcheck --external-sources {*.sh} .ci/run .ci/install-checkers") },
    Check { name: "PowerShell scripts", step: Step::Function(scripts::powershell) },
    Check { name: "Calls of az in the hooks", step: Step::Function(scripts::az_calls) },
];

/// Each check counts as one in the last line.
pub(crate) fn run(supervisor: &Supervisor) -> Result<ExitCode> {
    let mut report = Report::default();
    report.run(&CHECKS, supervisor)?;
    println!("\n{}", report.summary());
    Ok(test::report(report.counts))
}
