//! `cargo xtask ci`: every check that a change must pass; `cargo xtask infra`: those of the infrastructure, the workflows and
//! the devcontainer that can run here.

use std::fs;

use anyhow::Result;

use crate::checks::{Outcome, Report};
use crate::{test, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Skip the tests, if `cargo xtask test` has just run them.
    #[arg(long)]
    without_tests: bool,
}

/// Runs every check, even after a failed one. Each counts as one in the last line, and so does each test.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let mut report = Report::default();
    report.run("ci")?;
    write_plain_devcontainer()?;
    report.run("infra")?;
    if !arguments.without_tests {
        println!("\n==> Tests");
        let tests = test::run_tests(test::ALL_PACKAGES, &[])?;
        report.add("Tests", Outcome::Counted(tests));
    }
    report.print();
    Ok(report.counts.print())
}

/// Each check counts as one in the last line.
pub(crate) fn run_infra() -> Result<bool> {
    let mut report = Report::default();
    write_plain_devcontainer()?;
    report.run("infra")?;
    report.print();
    Ok(report.counts.print())
}

/// The checker does not accept the comments that the editor allows, which fill whole lines.
fn write_plain_devcontainer() -> Result<()> {
    let text = workspace::read(".devcontainer/devcontainer.json")?;
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let lines: Vec<&str> = text.lines().filter(is_code).collect();
    let folder = workspace::root().join("target/schemas");
    fs::create_dir_all(&folder)?;
    Ok(fs::write(
        folder.join("devcontainer.json"),
        lines.join("\n"),
    )?)
}
