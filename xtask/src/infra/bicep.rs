//! The Bicep compiler and its linter. Every diagnostic is a failure.

use anyhow::Result;
use duct::cmd;

use crate::checks::{Outcome, missing};
use crate::process::Supervisor;
use crate::{programs, workspace};

/// Marks a diagnostic, as in `main.bicep(3,7) : Warning no-unused-params: …`.
const LEVELS: [&str; 3] = [" : Error ", " : Warning ", " : Info "];

pub(super) fn build(supervisor: &Supervisor) -> Result<Outcome> {
    run(
        supervisor,
        &["build", "infra/main.bicep", "--outfile", "target/main.json"],
    )
}

pub(super) fn lint(supervisor: &Supervisor) -> Result<Outcome> {
    run(supervisor, &["lint", "infra/main.bicep"])
}

/// The compiler exits with 0 after a warning.
fn run(supervisor: &Supervisor, arguments: &[&str]) -> Result<Outcome> {
    let Some(bicep) = programs::find("bicep") else {
        return Ok(missing("bicep"));
    };
    let bicep = cmd(bicep, arguments)
        .dir(workspace::root())
        .stderr_to_stdout();
    let mut is_clean = true;
    let succeeded = supervisor.run_lines(&bicep, |line| {
        println!("{line}");
        is_clean &= !LEVELS.iter().any(|level| line.contains(level));
    })?;
    Ok((succeeded && is_clean).into())
}
