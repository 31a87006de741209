//! `cargo xtask ci`: every check that a change must pass; `cargo xtask infra`: those of the infrastructure, the workflows and
//! the devcontainer that can run here.

use std::fs;

use anyhow::Result;

use crate::checks::{self, Check, Outcome, Step, run_online};
use crate::{minimal_feature, test, tidy, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Skip the tests, if `cargo xtask test` has just run them.
    #[arg(long)]
    without_tests: bool,
}

#[rustfmt::skip]
const CHECKS: [Check; 7] = [
    Check { name: "Format", step: Step::Command("cargo fmt --all --check") },
    Check { name: "Clippy", step: Step::Command("cargo clippy --locked --workspace --all-targets -- -D warnings") },
    Check { name: "Documentation", step: Step::Command("cargo --config build.rustdocflags=['-Dwarnings'] doc --locked --workspace --no-deps --document-private-items") },
    Check { name: "Rules of the repository", step: Step::Function(|| Ok(tidy::check(&workspace::root())?.into())) },
    Check { name: "General tests with the minimal feature", step: Step::Function(|| Ok(minimal_feature::check()?.into())) },
    Check { name: "Licences and sources of dependencies", step: Step::Command("cargo-deny --locked check bans licenses sources") },
    Check { name: "Security advisories for dependencies", step: Step::Online("cargo-deny fetch db", "cargo-deny --frozen check advisories") },
];
/// A diagnostic of Bicep, as in `main.bicep(3,7) : Warning no-unused-params: …`. It exits with 0 after a warning.
const BICEP: &str = " : (Error|Warning|Info) ";
/// checkov succeeds although it cannot parse a file; its summary says so.
const CHECKOV: &str = "Parsing errors";

#[rustfmt::skip]
const INFRA_CHECKS: [Check; 14] = [
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

const TESTS: Check = Check {
    name: "Tests",
    step: Step::Function(|| Ok(Outcome::Counted(test::run_tests(test::ALL_PACKAGES, &[])?))),
};

/// Runs every check, even after a failed one. Each counts as one in the last line, and so does each test.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let tests = Some(&TESTS).filter(|_| !arguments.without_tests);
    let checks = CHECKS.iter().chain(&INFRA_CHECKS).chain(tests);
    Ok(checks::run(checks)?.report())
}

/// Each check counts as one in the last line.
pub(crate) fn run_infra() -> Result<bool> {
    Ok(checks::run(&INFRA_CHECKS)?.report())
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
