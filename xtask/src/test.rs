//! `cargo xtask test` and `cargo xtask e2e`: the tests, with a PostgreSQL server and a browser.

use std::process::ExitCode;

use anyhow::Result;

use crate::counts::Counts;
use crate::install::{self, Tool};
use crate::postgres::PostgresServer;
use crate::process::Supervisor;
use crate::workspace;

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
pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let binary_arguments = arguments.filters.iter().chain(&arguments.binary_arguments);
    let binary_arguments = binary_arguments.map(String::as_str);
    Ok(report(run_tests(
        &["--workspace"],
        binary_arguments,
        supervisor,
    )?))
}

/// Runs the browser tests.
pub(crate) fn run_e2e(arguments: &[String], supervisor: &Supervisor) -> Result<ExitCode> {
    let selection = ["--package", "app", "--test", "web"];
    let arguments = arguments.iter().map(String::as_str);
    let arguments = [BROWSER_TESTS].into_iter().chain(arguments);
    let counts = run_tests(&selection, arguments, supervisor)?;
    println!("Screenshots: target/e2e");
    Ok(report(counts))
}

/// Runs the selected tests, those that `cargo test` ignores included. A failed build, or a test binary that
/// exits early, counts as one failure.
pub(crate) fn run_tests<'a>(
    selection: &[&'a str],
    binary_arguments: impl Iterator<Item = &'a str>,
    supervisor: &Supervisor,
) -> Result<Counts> {
    install::ensure_installed(&[Tool::PostgresServer, Tool::Chromium], supervisor)?;
    let chromium = install::chromium(supervisor)?;
    let server = PostgresServer::temporary(install::postgres_server(supervisor)?)?;
    let options = ["test", "--locked", "--no-fail-fast"];
    let options = options.iter().chain(selection).copied();
    let binary_options = ["--", "--include-ignored"].into_iter();
    let tests = workspace::cargo(options.chain(binary_options).chain(binary_arguments))
        .env("TEST_POSTGRES_URL", server.url())
        .env("TEST_CHROMIUM", chromium);
    let mut counts = Counts::default();
    let succeeded = supervisor.run_lines(&tests, |line| {
        println!("{line}");
        if let Some(binary) = Counts::from_result_line(line) {
            counts += binary;
        }
    })?;
    if !succeeded && counts.is_good() {
        eprintln!("error: the tests did not build, or a test binary exited early");
        counts.failed += 1;
    }
    Ok(counts)
}

/// Prints the last line and returns the exit code.
pub(crate) fn report(counts: Counts) -> ExitCode {
    println!("{counts}");
    crate::exit_code(counts.is_good())
}
