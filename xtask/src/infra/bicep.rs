//! The Bicep compiler, whose every remark counts as a fault.

use anyhow::Result;
use duct::{Expression, cmd};

use super::checkers::missing;
use crate::checks::Outcome;
use crate::process::Supervisor;
use crate::{programs, workspace};

const MAIN: &str = "infra/main.bicep";
const ADVICE: &str = "`az bicep install`, and put ~/.azure/bin on the PATH";

pub(super) fn compile(supervisor: &Supervisor) -> Result<Outcome> {
    let output = workspace::root().join("target/main.json");
    let output = output.to_string_lossy();
    run(supervisor, &["build", MAIN, "--outfile", &output])
}

pub(super) fn lint(supervisor: &Supervisor) -> Result<Outcome> {
    run(supervisor, &["lint", MAIN])
}

/// The compiler ends well after a warning, which a deployment may not.
fn run(supervisor: &Supervisor, arguments: &[&str]) -> Result<Outcome> {
    let Some(bicep) = programs::find("bicep") else {
        return Ok(missing("bicep", ADVICE));
    };
    let bicep: Expression = cmd(bicep, arguments).dir(workspace::root());
    let mut remarks = 0;
    let succeeded = supervisor.run_lines(&bicep.stderr_to_stdout(), |line| {
        println!("{line}");
        remarks += u32::from(is_remark(line));
    })?;
    Ok((succeeded && remarks == 0).into())
}

/// As in `main.bicep(3,7) : Warning no-unused-params: …`.
fn is_remark(line: &str) -> bool {
    [" : Error ", " : Warning ", " : Info "]
        .iter()
        .any(|level| line.contains(level))
}

#[cfg(test)]
mod tests {
    use super::is_remark;

    #[test]
    fn a_warning_is_a_remark() {
        assert!(is_remark(
            "/a/main.bicep(3,7) : Warning BCP036: The property \"x\" expected"
        ));
        assert!(!is_remark("A new Bicep release is available"));
    }
}
