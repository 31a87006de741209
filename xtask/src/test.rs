//! `cargo xtask test` and `cargo xtask e2e`: the tests, with a PostgreSQL server and a browser.

use anyhow::Result;

use crate::counts::Counts;
use crate::install::{self, Tool};
use crate::postgres::PostgresServer;
use crate::{process, workspace};

/// The module of the app's integration tests that drives the browser.
const BROWSER_TESTS: &str = "browser::";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only the tests whose names contain one of these.
    filters: Vec<String>,
    /// Arguments of the test binaries, as in `-- --nocapture`.
    #[arg(last = true)]
    binary_arguments: Vec<String>,
}

/// Runs every test of the workspace.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let binary_arguments = [&arguments.filters[..], &arguments.binary_arguments].concat();
    Ok(report(run_tests("--workspace", &binary_arguments)?))
}

/// Runs the browser tests.
pub(crate) fn run_e2e(arguments: &[String]) -> Result<bool> {
    let selection = "--package app --test web";
    let arguments = [&[BROWSER_TESTS.to_owned()], arguments].concat();
    let counts = run_tests(selection, &arguments)?;
    println!("Screenshots: target/e2e");
    Ok(report(counts))
}

/// Runs the selected tests, those that `cargo test` ignores included. A failed build, or a test binary that
/// exits early, counts as one failure.
pub(crate) fn run_tests(selection: &str, binary_arguments: &[String]) -> Result<Counts> {
    install::ensure_installed(&[Tool::PostgresServer, Tool::Chromium])?;
    let chromium = install::chromium()?;
    let server = PostgresServer::temporary(install::postgres_server()?)?;
    let tests = format!("cargo test --locked --no-fail-fast {selection} -- --include-ignored");
    let words = [workspace::words(&tests, &[]), binary_arguments.to_vec()].concat();
    let tests = workspace::program(&workspace::root(), &words)
        .env("TEST_POSTGRES_URL", server.url())
        .env("TEST_CHROMIUM", chromium);
    let mut counts = Counts::default();
    let succeeded = process::run_lines(&tests, |line| {
        println!("{line}");
        counts += Counts::from_result_line(line).unwrap_or_default();
    })?;
    if !succeeded && counts.is_good() {
        eprintln!("error: the tests did not build, or a test binary exited early");
        counts.failed += 1;
    }
    Ok(counts)
}

/// Prints the last line and returns the exit code.
pub(crate) fn report(counts: Counts) -> bool {
    println!("{counts}");
    counts.is_good()
}
