//! `cargo xtask test`: every test of the workspace, on a PostgreSQL server and a browser of its own.

use std::process::ExitCode;

use anyhow::Result;

use crate::counts::Counts;
use crate::install::{self, Tool};
use crate::postgres::PostgresServer;
use crate::process::Supervisor;
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only the tests whose names contain one of these.
    filters: Vec<String>,
    /// Arguments of the test binaries, as `-- --nocapture`.
    #[arg(last = true)]
    binary_arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let binary_arguments = arguments.filters.iter().chain(&arguments.binary_arguments);
    let counts = run_tests(
        &["--workspace"],
        binary_arguments.map(String::as_str),
        supervisor,
    )?;
    Ok(report(counts))
}

/// Runs the tests of these packages; a build that fails, or a binary that ends early, is one failure.
pub(crate) fn run_tests<'a>(
    packages: &[&'a str],
    binary_arguments: impl Iterator<Item = &'a str>,
    supervisor: &Supervisor,
) -> Result<Counts> {
    install::ensure_installed(&[Tool::PostgresServer, Tool::Chromium], supervisor)?;
    let chromium = install::chromium(supervisor)?;
    let server = PostgresServer::throw_away(install::postgres_server(supervisor)?)?;
    let options = ["test", "--locked", "--no-fail-fast"]
        .into_iter()
        .chain(packages.iter().copied());
    let tests = workspace::cargo(options.chain(["--"]).chain(binary_arguments))
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
        eprintln!("error: the tests were not built, or a test binary ended early");
        counts.failed += 1;
    }
    Ok(counts)
}

/// Prints the last line and turns it into an exit code.
pub(crate) fn report(counts: Counts) -> ExitCode {
    println!("{counts}");
    if counts.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
