//! `cargo xtask test` and `cargo xtask e2e`: the tests, with a PostgreSQL server and a browser.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use duct::Expression;

use crate::checks::Counts;
use crate::install::{self, CHROMIUM, HAPROXY, PGBOUNCER};
use crate::postgres::PostgresServer;
use crate::workspace::{self, regex};
use crate::{pages, process, programs};

/// Selects the tests of every package.
pub(crate) const ALL_PACKAGES: &str = "--workspace";

/// The module of the app's integration tests that drives the browser.
const BROWSER_TESTS: &str = "browser::";

/// The tests that need a program, and the variable that passes its path to them.
const POOLER: [&str; 2] = ["operations::pooler::", "TEST_PGBOUNCER"];
const NEW_POOLER: [&str; 2] = ["operations::pooler::with_support::", "TEST_PGBOUNCER"];
const BALANCER: [&str; 2] = ["operations::balancer::", "TEST_HAPROXY"];
const SCHEMATHESIS: [&str; 2] = ["schemathesis::", "TEST_SCHEMATHESIS"];

/// The first version of PgBouncer with support for prepared statements.
const OLDEST_NEW_POOLER: (u32, u32) = (1, 21);

/// The script of axe-core, which `.ci/install-checkers` installs.
const AXE: &str = "target/checkers/node_modules/axe-core/axe.min.js";

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
    Ok(run_tests(ALL_PACKAGES, &binary_arguments)?.report())
}

/// Runs the browser tests.
pub(crate) fn run_e2e(arguments: &[String]) -> Result<bool> {
    let selection = "--package app --test web";
    let arguments = [&[BROWSER_TESTS.to_owned()], arguments].concat();
    let counts = run_tests(selection, &arguments)?;
    println!("Screenshots: target/e2e");
    Ok(counts.report())
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
    let chromium = CHROMIUM.require()?;
    let programs = install::postgres_server()?;
    let programs_folder = programs.folder.clone();
    let server = PostgresServer::temporary(programs)?;
    let (mut counts, mut paths) = (Counts::default(), Vec::new());
    let tests = format!("cargo test --locked --no-fail-fast {selection} -- --include-ignored");
    let mut words = workspace::words(&tests, &[]);
    for ([needed_by, variable], program) in optional_programs() {
        match program {
            Ok(path) => paths.push((variable, path)),
            Err(reason) => {
                println!("{needed_by} is skipped: {reason:#}");
                counts.skipped += 1;
                words.extend(["--skip", needed_by].map(str::to_owned));
            }
        }
    }
    let axe = workspace::root().join(AXE);
    if axe.is_file() {
        paths.push(("TEST_AXE", axe));
    } else {
        println!("axe is skipped: `.ci/install-checkers axe-core` installs it");
        counts.skipped += 1;
    }
    words.extend_from_slice(binary_arguments);
    let tests = workspace::program(&workspace::root(), &words)
        .env("TEST_POSTGRES_URL", server.url())
        .env("TEST_POSTGRES_BIN", programs_folder)
        .env("TEST_PAGES", pages::clear()?)
        .env("TEST_CHROMIUM", chromium);
    let set = |tests: Expression, (variable, path)| tests.env(variable, path);
    counts += run_counted(&paths.into_iter().fold(tests, set))?;
    if selection == ALL_PACKAGES && binary_arguments.is_empty() {
        counts += pages::validate()?;
    }
    Ok(counts)
}

/// The programs without which some tests are skipped, or the reasons why they are missing.
fn optional_programs() -> Vec<([&'static str; 2], Result<PathBuf>)> {
    let pooler = PGBOUNCER.require();
    let version = pooler.as_deref().ok().and_then(programs::version);
    let is_old = version.is_some_and(|version| pooler_version(&version) < Some(OLDEST_NEW_POOLER));
    let mut all = vec![(POOLER, pooler), (BALANCER, HAPROXY.require())];
    if is_old {
        all.push((
            NEW_POOLER,
            Err(anyhow!("PgBouncer 1.21 or newer is needed")),
        ));
    }
    let schemathesis = programs::find("schemathesis").context(
        "`.ci/install-checkers schemathesis` installs it, put target/checkers/bin on the PATH",
    );
    all.push((SCHEMATHESIS, schemathesis));
    all
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

/// The major and the minor version in the output of `pgbouncer --version`.
fn pooler_version(version: &str) -> Option<(u32, u32)> {
    let version = regex(r"(\d+)\.(\d+)").captures(version)?;
    Some((version[1].parse().ok()?, version[2].parse().ok()?))
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
