//! `cargo xtask test` and `cargo xtask e2e`: the tests, with a PostgreSQL server and a browser.

use std::path::{Path, PathBuf};

use anyhow::Result;
use duct::Expression;

use crate::counts::Counts;
use crate::install::{self, CHROMIUM, HAPROXY, PGBOUNCER, POSTGRES_SERVER, Tool};
use crate::postgres::PostgresServer;
use crate::workspace::{self, regex};
use crate::{pages, process, programs};

/// Selects the tests of every package.
pub(crate) const ALL_PACKAGES: &str = "--workspace";

/// The module of the app's integration tests that drives the browser.
const BROWSER_TESTS: &str = "browser::";

/// The tests of the connection pooler, and those of them that need one with support for prepared statements.
const POOLER_TESTS: &str = "operations::pooler::";
const NEW_POOLER_TESTS: &str = "operations::pooler::with_support::";

/// The first version of PgBouncer with support for prepared statements, as it prints it.
const NEW_POOLER: (u32, u32) = (1, 21);

/// The tests of several instances behind a load balancer.
const BALANCER_TESTS: &str = "operations::balancer::";

/// The script of axe-core, which `.ci/install-checkers` installs.
const AXE: &str = "target/checkers/node_modules/axe-core/axe.min.js";

/// The program that tests the API by its OpenAPI document, and the module of its tests.
const SCHEMATHESIS: &str = "schemathesis";
const SCHEMATHESIS_TESTS: &str = "schemathesis::";

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
    Ok(report(run_tests(ALL_PACKAGES, &binary_arguments)?))
}

/// Runs the browser tests.
pub(crate) fn run_e2e(arguments: &[String]) -> Result<bool> {
    let selection = "--package app --test web";
    let arguments = [&[BROWSER_TESTS.to_owned()], arguments].concat();
    let counts = run_tests(selection, &arguments)?;
    println!("Screenshots: target/e2e");
    Ok(report(counts))
}

/// Runs the soak test for so many minutes.
pub(crate) fn run_soak(minutes: u32) -> Result<bool> {
    let programs = install::postgres_server()?;
    let soak = "cargo test --locked --package app --test soak -- --ignored --nocapture";
    let soak = workspace::program(&workspace::root(), &workspace::words(soak, &[]));
    let soak = soak.env("SOAK_MINUTES", minutes.to_string());
    let soak = soak.env("TEST_POSTGRES_BIN", programs.folder);
    process::run(&soak.env("TEST_PGBOUNCER", PGBOUNCER.require()?))
}

/// Runs the selected tests, those that `cargo test` ignores included. A failed build, or a test binary that
/// exits early, counts as one failure.
pub(crate) fn run_tests(selection: &str, binary_arguments: &[String]) -> Result<Counts> {
    install::ensure_installed(&[&POSTGRES_SERVER, &CHROMIUM])?;
    let chromium = CHROMIUM.require()?;
    let programs = install::postgres_server()?;
    let programs_folder = programs.folder.clone();
    let server = PostgresServer::temporary(programs)?;
    let (pooler, balancer) = (optional(&PGBOUNCER), optional(&HAPROXY));
    let schemathesis = programs::find(SCHEMATHESIS);
    let axe = Some(workspace::root().join(AXE)).filter(|axe| axe.is_file());
    let mut counts = Counts::default();
    let mut tests = format!("cargo test --locked --no-fail-fast {selection} -- --include-ignored");
    let programs = [&pooler, &balancer, &schemathesis].map(Option::as_deref);
    for (skipped, reason) in skipped_tests(programs) {
        println!("{skipped} is skipped: {reason}");
        counts.skipped += 1;
        tests += " --skip ";
        tests += skipped;
    }
    if axe.is_none() {
        println!("axe is skipped: `.ci/install-checkers axe-core` installs it");
        counts.skipped += 1;
    }
    let words = [workspace::words(&tests, &[]), binary_arguments.to_vec()].concat();
    let mut tests = workspace::program(&workspace::root(), &words)
        .env("TEST_POSTGRES_URL", server.url())
        .env("TEST_POSTGRES_BIN", programs_folder)
        .env("TEST_PGBOUNCER", pooler.unwrap_or_default())
        .env("TEST_HAPROXY", balancer.unwrap_or_default())
        .env("TEST_SCHEMATHESIS", schemathesis.unwrap_or_default())
        .env("TEST_PAGES", pages::clear()?)
        .env("TEST_CHROMIUM", chromium);
    if let Some(axe) = axe {
        tests = tests.env("TEST_AXE", axe);
    }
    counts += run_counted(&tests)?;
    if selection == ALL_PACKAGES && binary_arguments.is_empty() {
        counts += pages::validate()?;
    }
    Ok(counts)
}

/// Runs `cargo test` and adds up the results of its binaries.
fn run_counted(tests: &Expression) -> Result<Counts> {
    let mut counts = Counts::default();
    let succeeded = process::run_lines(tests, |line| {
        println!("{line}");
        counts += Counts::from_result_line(line).unwrap_or_default();
    })?;
    if !succeeded && counts.is_good() {
        eprintln!("error: the tests did not build, or a test binary exited early");
        counts.failed += 1;
    }
    Ok(counts)
}

/// A program without which some tests are skipped, installed if it is missing and can be installed.
fn optional(tool: &Tool) -> Option<PathBuf> {
    let found = tool.require();
    found
        .inspect_err(|error| eprintln!("warning: {error:#}"))
        .ok()
}

/// The tests that cannot run with these programs, each counted as one, with the reason.
fn skipped_tests(programs: [Option<&Path>; 3]) -> Vec<(&'static str, &'static str)> {
    let [pooler, balancer, schemathesis] = programs;
    let mut skipped = Vec::new();
    match pooler.and_then(programs::version) {
        None => skipped.push((POOLER_TESTS, "PgBouncer is not installed")),
        Some(version) if pooler_version(&version).is_none_or(|version| version < NEW_POOLER) => {
            skipped.push((NEW_POOLER_TESTS, "PgBouncer 1.21 or newer is needed"));
        }
        Some(_) => {}
    }
    if balancer.is_none() {
        skipped.push((BALANCER_TESTS, "HAProxy is not installed"));
    }
    if schemathesis.is_none() {
        skipped.push((SCHEMATHESIS_TESTS, "schemathesis is missing: `.ci/install-checkers schemathesis` installs it, put target/checkers/bin on the PATH"));
    }
    skipped
}

/// The major and the minor version in the output of `pgbouncer --version`.
fn pooler_version(version: &str) -> Option<(u32, u32)> {
    let version = regex(r"(\d+)\.(\d+)").captures(version)?;
    Some((version[1].parse().ok()?, version[2].parse().ok()?))
}

/// Prints the last line and returns the exit code.
pub(crate) fn report(counts: Counts) -> bool {
    println!("{counts}");
    counts.is_good()
}

#[cfg(test)]
mod tests {
    use super::pooler_version;

    #[test]
    fn the_version_of_pgbouncer_is_read_from_its_version_line() {
        assert_eq!(pooler_version("PgBouncer 1.18.0"), Some((1, 18)));
        assert_eq!(pooler_version("PgBouncer"), None);
    }
}
