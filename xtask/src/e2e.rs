//! `cargo xtask e2e`: the browser tests alone.

use std::process::ExitCode;

use anyhow::Result;

use crate::process::Supervisor;
use crate::test;

/// The module of the app's integration tests that drives the browser.
const BROWSER_TESTS: &str = "browser::";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments of the test binary, as `-- --nocapture`.
    #[arg(last = true)]
    binary_arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let binary_arguments = arguments.binary_arguments.iter().map(String::as_str);
    let binary_arguments = std::iter::once(BROWSER_TESTS).chain(binary_arguments);
    let counts = test::run_tests(
        &["--package", "app", "--test", "web"],
        binary_arguments,
        supervisor,
    )?;
    println!("Screenshots: target/e2e");
    Ok(test::report(counts))
}
