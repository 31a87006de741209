//! Checkers that need more than one command.

use anyhow::{Context, Result};
use duct::cmd;

use crate::checks::{Outcome, missing, repository_files};
use crate::hook::{AZ_CALLS, az_call};
use crate::process::Supervisor;
use crate::{programs, workspace};

/// Parses each file that follows the command, and prints its syntax errors.
const PARSE_POWERSHELL: &str = "$failed = 0; foreach ($file in $args) { $errors = $null; \
    [void][System.Management.Automation.Language.Parser]::ParseFile((Resolve-Path $file), [ref]$null, [ref]$errors); \
    foreach ($found in $errors) { $failed = 1; Write-Output \"${file}:$($found.Extent.StartLineNumber): $($found.Message)\" } }; \
    exit $failed";

/// The exit code of `az` for a command, option or query that it does not know.
const AZ_USAGE_ERROR: i32 = 2;

/// checkov succeeds although it cannot parse a file; its summary says so.
pub(super) fn checkov(supervisor: &Supervisor) -> Result<Outcome> {
    let Some(checkov) = programs::find("checkov") else {
        return Ok(missing("checkov"));
    };
    let arguments = ["--config-file", ".checkov.yaml", "--directory", "."];
    let checkov = cmd(checkov, arguments).dir(workspace::root());
    let mut has_parsed_all = true;
    let succeeded = supervisor.run_lines(&checkov, |line| {
        println!("{line}");
        has_parsed_all &= !line.contains("Parsing errors");
    })?;
    Ok((succeeded && has_parsed_all).into())
}

pub(super) fn powershell(supervisor: &Supervisor) -> Result<Outcome> {
    let Some(powershell) = programs::find("pwsh") else {
        return Ok(missing("pwsh"));
    };
    let options = [
        "-NoProfile",
        "-NonInteractive",
        "-CommandWithArgs",
        PARSE_POWERSHELL,
    ];
    let files = repository_files("*.ps1")?;
    let arguments = options
        .iter()
        .copied()
        .chain(files.iter().map(String::as_str));
    let powershell = cmd(powershell, arguments).dir(workspace::root());
    Ok(supervisor.run(&powershell)?.into())
}

/// Passes the hooks' calls to `az`, which parses them before it reports that nobody is signed in.
pub(super) fn az_calls(_supervisor: &Supervisor) -> Result<Outcome> {
    let Some(az) = programs::find("az") else {
        return Ok(missing("az"));
    };
    let settings = workspace::root().join("target/az");
    std::fs::create_dir_all(&settings).context("cannot create target/az")?;
    let values = [("{scope}", "/subscriptions/x"), ("{", ""), ("}", "")];
    let mut are_accepted = true;
    for template in AZ_CALLS {
        let call = az_call(template, &values);
        let az = cmd(&az, &call).env("AZURE_CONFIG_DIR", &settings);
        let az = az.env("AZURE_CORE_COLLECT_TELEMETRY", "no").stdin_null();
        let output = az.stdout_null().stderr_null().unchecked().run()?;
        let is_accepted = output
            .status
            .code()
            .is_some_and(|code| code != AZ_USAGE_ERROR);
        println!(
            "az {}: {}",
            call.join(" "),
            if is_accepted {
                "accepted"
            } else {
                "NOT ACCEPTED"
            }
        );
        are_accepted &= is_accepted;
    }
    Ok(are_accepted.into())
}
