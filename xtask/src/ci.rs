//! `cargo xtask ci`: every check that a change must pass, each named by a sentence.

use std::iter;
use std::process::ExitCode;

use anyhow::Result;

use crate::counts::Counts;
use crate::process::Supervisor;
use crate::{programs, test, tidy, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out the tests, where `cargo xtask test` has just run them.
    #[arg(long)]
    without_tests: bool,
}

struct Step {
    sentence: &'static str,
    run: fn(&Supervisor) -> Result<Outcome>,
}

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

const STEPS: [Step; 6] = [
    Step {
        sentence: "The code is formatted.",
        run: check_format,
    },
    Step {
        sentence: "Clippy has no remark.",
        run: check_lints,
    },
    Step {
        sentence: "The documentation builds without a warning.",
        run: check_documentation,
    },
    Step {
        sentence: "The code keeps the repository's own rules.",
        run: check_tidiness,
    },
    Step {
        sentence: "Licences and sources of the dependencies are accepted.",
        run: check_dependencies,
    },
    Step {
        sentence: "No dependency has a known weakness.",
        run: check_advisories,
    },
];

/// Runs every step, even after a failed one. Each step counts as one in the last line, the tests as many as they are.
pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let mut counts = Counts::default();
    let mut summary = Vec::new();
    for step in &STEPS {
        println!("\n==> {}", step.sentence);
        let outcome = (step.run)(supervisor)?;
        counts += outcome.counts();
        summary.push(outcome.describe(step.sentence));
    }
    if !arguments.without_tests {
        println!("\n==> Every test passes.");
        let tests = test::run_tests(&["--workspace"], iter::empty(), supervisor)?;
        counts += tests;
        summary.push(Outcome::from(tests.is_good()).describe("Every test passes."));
    }
    println!("\n{}", summary.join("\n"));
    Ok(test::report(counts))
}

fn check_format(supervisor: &Supervisor) -> Result<Outcome> {
    cargo(supervisor, &["fmt", "--all", "--check"])
}

fn check_lints(supervisor: &Supervisor) -> Result<Outcome> {
    cargo(
        supervisor,
        &[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    )
}

fn check_documentation(supervisor: &Supervisor) -> Result<Outcome> {
    let documentation = [
        "doc",
        "--locked",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ];
    let documentation = workspace::cargo(documentation).env("RUSTDOCFLAGS", "-D warnings");
    Ok(supervisor.run(&documentation)?.into())
}

fn check_tidiness(_supervisor: &Supervisor) -> Result<Outcome> {
    Ok(tidy::check()?.into())
}

fn check_dependencies(supervisor: &Supervisor) -> Result<Outcome> {
    if programs::find("cargo-deny").is_none() {
        return Ok(Outcome::Skipped(NO_CARGO_DENY));
    }
    cargo(
        supervisor,
        &["deny", "--locked", "check", "bans", "licenses", "sources"],
    )
}

fn check_advisories(supervisor: &Supervisor) -> Result<Outcome> {
    if programs::find("cargo-deny").is_none() {
        return Ok(Outcome::Skipped(NO_CARGO_DENY));
    }
    if !supervisor.run(&workspace::cargo(["deny", "fetch", "db"]))? {
        return Ok(Outcome::Skipped("the advisory database cannot be reached"));
    }
    cargo(supervisor, &["deny", "--frozen", "check", "advisories"])
}

const NO_CARGO_DENY: &str = "cargo-deny is missing: `cargo install --locked cargo-deny`";

fn cargo(supervisor: &Supervisor, arguments: &[&str]) -> Result<Outcome> {
    Ok(supervisor
        .run(&workspace::cargo(arguments.iter().copied()))?
        .into())
}

impl From<bool> for Outcome {
    fn from(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl Outcome {
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        match self {
            Self::Passed => counts.passed = 1,
            Self::Failed => counts.failed = 1,
            Self::Skipped(_) => counts.skipped = 1,
        }
        counts
    }

    fn describe(&self, sentence: &str) -> String {
        match self {
            Self::Passed => format!("passed   {sentence}"),
            Self::Failed => format!("FAILED   {sentence}"),
            Self::Skipped(reason) => format!("skipped  {sentence} ({reason})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn a_skipped_step_says_why_and_is_counted() {
        let outcome = Outcome::Skipped("no network");
        assert_eq!(
            outcome.describe("All is well."),
            "skipped  All is well. (no network)"
        );
        assert_eq!(
            outcome.counts().to_string(),
            "0 passed, 0 failed, 1 skipped"
        );
    }
}
