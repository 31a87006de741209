//! Files with a published JSON schema, which is downloaded first.

use std::fs;

use anyhow::{Context, Result};
use duct::cmd;

use crate::checks::{Outcome, missing, run_command};
use crate::process::Supervisor;
use crate::{programs, workspace};

const AZURE: &str =
    "https://raw.githubusercontent.com/Azure/azure-dev/main/schemas/v1.0/azure.yaml.json";
const DEVCONTAINER: &str = "https://raw.githubusercontent.com/devcontainers/spec/main/schemas/devContainer.base.schema.json";

/// Downloaded schemas and generated files, below the repository's folder.
const FOLDER: &str = "target/schemas";

pub(super) fn azure(supervisor: &Supervisor) -> Result<Outcome> {
    check(supervisor, AZURE, "azure.yaml")
}

/// The checker does not accept the comments that the editor allows, which fill whole lines.
pub(super) fn devcontainer(supervisor: &Supervisor) -> Result<Outcome> {
    let root = workspace::root();
    let text = fs::read_to_string(root.join(".devcontainer/devcontainer.json"))
        .context("cannot read .devcontainer/devcontainer.json")?;
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    fs::create_dir_all(root.join(FOLDER)).context("cannot create target/schemas")?;
    let plain = format!("{FOLDER}/devcontainer.json");
    fs::write(root.join(&plain), lines.collect::<Vec<_>>().join("\n"))?;
    check(supervisor, DEVCONTAINER, &plain)
}

fn check(supervisor: &Supervisor, address: &str, file: &str) -> Result<Outcome> {
    if programs::find("check-jsonschema").is_none() {
        return Ok(missing("check-jsonschema"));
    }
    let schema = format!("{FOLDER}/{}", address.rsplit('/').next().unwrap_or(address));
    let options = [
        "--fail",
        "--silent",
        "--location",
        "--max-time",
        "20",
        "--create-dirs",
        "--output",
    ];
    let download = cmd(
        "curl",
        options.iter().copied().chain([schema.as_str(), address]),
    );
    if !supervisor.run(&download.dir(workspace::root()))? {
        return Ok(Outcome::Skipped(format!("{address} cannot be reached")));
    }
    run_command(
        supervisor,
        &format!("check-jsonschema --schemafile {schema} {file}"),
    )
}
