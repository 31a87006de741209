//! Files that follow a published schema.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use duct::cmd;

use super::checkers::{missing, run};
use crate::checks::Outcome;
use crate::process::Supervisor;
use crate::{programs, workspace};

const CHECKER: &str = "check-jsonschema";
const ADVICE: &str = "`pip install check-jsonschema`";

const AZURE: &str =
    "https://raw.githubusercontent.com/Azure/azure-dev/main/schemas/v1.0/azure.yaml.json";
const DEVCONTAINER: &str = "https://raw.githubusercontent.com/devcontainers/spec/main/schemas/devContainer.base.schema.json";

pub(super) fn azure(supervisor: &Supervisor) -> Result<Outcome> {
    published(supervisor, AZURE, "azure.yaml")
}

pub(super) fn devcontainer(supervisor: &Supervisor) -> Result<Outcome> {
    let path = workspace::root().join(".devcontainer/devcontainer.json");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let plain = cache()?.join("devcontainer.json");
    fs::write(&plain, without_comments(&text))?;
    published(supervisor, DEVCONTAINER, &plain.to_string_lossy())
}

pub(super) fn compose(supervisor: &Supervisor) -> Result<Outcome> {
    built_in(
        supervisor,
        "vendor.compose-spec",
        &[".devcontainer/compose.yaml"],
    )
}

pub(super) fn workflows(supervisor: &Supervisor) -> Result<Outcome> {
    let folder = workspace::root().join(".github/workflows");
    let entries = fs::read_dir(&folder).context("cannot list the workflows")?;
    let files = entries.map(|entry| Ok(entry?.path().to_string_lossy().into_owned()));
    let files = files.collect::<Result<Vec<String>>>()?;
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    built_in(supervisor, "vendor.github-workflows", &files)
}

pub(super) fn dependabot(supervisor: &Supervisor) -> Result<Outcome> {
    built_in(supervisor, "vendor.dependabot", &[".github/dependabot.yml"])
}

/// A schema that the checker brings along.
fn built_in(supervisor: &Supervisor, schema: &str, files: &[&str]) -> Result<Outcome> {
    let arguments = [&["--builtin-schema", schema], files].concat();
    run(supervisor, CHECKER, &arguments, ADVICE)
}

/// A schema that has to be fetched first.
fn published(supervisor: &Supervisor, address: &str, file: &str) -> Result<Outcome> {
    if programs::find(CHECKER).is_none() {
        return Ok(missing(CHECKER, ADVICE));
    }
    let name = address.rsplit('/').next().unwrap_or(address);
    let schema = cache()?.join(name).to_string_lossy().into_owned();
    let options = [
        "--fail",
        "--silent",
        "--location",
        "--max-time",
        "20",
        "--output",
    ];
    let fetch = cmd(
        "curl",
        options.into_iter().chain([schema.as_str(), address]),
    );
    if !supervisor.run(&fetch)? {
        return Ok(Outcome::Skipped(format!("{address} cannot be reached")));
    }
    run(
        supervisor,
        CHECKER,
        &["--schemafile", &schema, file],
        ADVICE,
    )
}

fn cache() -> Result<PathBuf> {
    let folder = workspace::root().join("target/schemas");
    fs::create_dir_all(&folder).context("cannot create target/schemas")?;
    Ok(folder)
}

/// JSON with lines of comment, as the editor allows it, turned into JSON.
fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn lines_of_comment_are_left_out_and_addresses_are_not() {
        let text = "// A\n{\n  // b\n  \"a\": \"https://example.com\"\n}";
        assert_eq!(
            without_comments(text),
            "{\n  \"a\": \"https://example.com\"\n}"
        );
    }
}
