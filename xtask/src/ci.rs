//! `cargo xtask ci`: every check that a change must pass, each named by a sentence.

use std::iter;
use std::process::ExitCode;

use anyhow::Result;

use crate::checks::{Check, Outcome, Report};
use crate::process::Supervisor;
use crate::{infra, programs, test, tidy, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out the tests, where `cargo xtask test` has just run them.
    #[arg(long)]
    without_tests: bool,
}

const CHECKS: [Check; 6] = [
    Check {
        sentence: "The code is formatted.",
        run: check_format,
    },
    Check {
        sentence: "Clippy has no remark.",
        run: check_lints,
    },
    Check {
        sentence: "The documentation builds without a warning.",
        run: check_documentation,
    },
    Check {
        sentence: "The code keeps the repository's own rules.",
        run: check_tidiness,
    },
    Check {
        sentence: "Licences and sources of the dependencies are accepted.",
        run: check_dependencies,
    },
    Check {
        sentence: "No dependency has a known weakness.",
        run: check_advisories,
    },
];

/// Runs every check, even after a failed one. Each counts as one in the last line, the tests as many as they are.
pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let mut report = Report::default();
    report.run(CHECKS.iter().chain(&infra::CHECKS), supervisor)?;
    if !arguments.without_tests {
        let sentence = "Every test passes.";
        println!("\n==> {sentence}");
        let tests = test::run_tests(&["--workspace"], iter::empty(), supervisor)?;
        report.counts += tests;
        report.describe(sentence, &tests.is_good().into());
    }
    println!("\n{}", report.summary());
    Ok(test::report(report.counts))
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
        return Ok(Outcome::Skipped(NO_CARGO_DENY.to_owned()));
    }
    cargo(
        supervisor,
        &["deny", "--locked", "check", "bans", "licenses", "sources"],
    )
}

fn check_advisories(supervisor: &Supervisor) -> Result<Outcome> {
    if programs::find("cargo-deny").is_none() {
        return Ok(Outcome::Skipped(NO_CARGO_DENY.to_owned()));
    }
    if !supervisor.run(&workspace::cargo(["deny", "fetch", "db"]))? {
        return Ok(Outcome::Skipped(
            "the advisory database cannot be reached".to_owned(),
        ));
    }
    cargo(supervisor, &["deny", "--frozen", "check", "advisories"])
}

const NO_CARGO_DENY: &str = "cargo-deny is missing: `cargo install --locked cargo-deny`";

fn cargo(supervisor: &Supervisor, arguments: &[&str]) -> Result<Outcome> {
    Ok(supervisor
        .run(&workspace::cargo(arguments.iter().copied()))?
        .into())
}
