//! `cargo xtask test` and `cargo xtask e2e`: the tests, with a PostgreSQL server and a browser, and the HTML that they receive.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use duct::Expression;

use crate::checks::{Counts, Report};
use crate::install::{self, CHROMIUM, HAPROXY, PGBOUNCER};
use crate::postgres::PostgresServer;
use crate::{process, programs, workspace};

/// Selects the tests of every package.
pub(crate) const ALL_PACKAGES: &str = "--workspace";

/// The module of the app's integration tests that drives the browser.
const BROWSER_TESTS: &str = "browser::";

/// The first version of PgBouncer with support for prepared statements.
const NEW_POOLER: (u32, u32) = (1, 21);

/// The script of axe-core, which `.ci/install-checkers` installs.
const AXE: &str = "target/checkers/node_modules/axe-core/axe.min.js";

/// With fewer kinds of pages the harness of the tests has not written them all down. A kind is a status and a route.
const MIN_KINDS: usize = 40;

/// The HTML pages that the tests have received; `checks.txt` names the folder too.
const PAGES: &str = "target/pages";

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
    Ok(run_tests(ALL_PACKAGES, &binary_arguments)?.print())
}

/// Runs the browser tests.
pub(crate) fn run_e2e(arguments: &[String]) -> Result<bool> {
    let selection = "--package app --test web";
    let arguments = [&[BROWSER_TESTS.to_owned()], arguments].concat();
    let counts = run_tests(selection, &arguments)?;
    println!("Screenshots: target/e2e");
    Ok(counts.print())
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
    let tests = format!("cargo test --locked --no-fail-fast {selection} -- --include-ignored");
    let (mut words, mut paths) = (workspace::words(&tests, &[]), Vec::new());
    let mut counts = Counts::default();
    for (needed_by, variable, program) in optional_programs() {
        match program {
            Ok(path) => paths.push((variable, path)),
            Err(reason) => {
                println!("{needed_by} is skipped: {reason:#}");
                counts.skipped += 1;
                words.extend(["--skip", needed_by].map(str::to_owned));
            }
        }
    }
    words.extend_from_slice(binary_arguments);
    let pages = workspace::root().join(PAGES);
    if pages.exists() {
        fs::remove_dir_all(&pages).with_context(|| format!("cannot delete {PAGES}"))?;
    }
    let tests = workspace::program(&workspace::root(), &words)
        .env("TEST_POSTGRES_URL", server.url())
        .env("TEST_POSTGRES_BIN", programs_folder)
        .env("TEST_PAGES", pages)
        .env("TEST_CHROMIUM", chromium);
    let set = |tests: Expression, (variable, path)| tests.env(variable, path);
    counts += run_counted(&paths.into_iter().fold(tests, set))?;
    if selection == ALL_PACKAGES && binary_arguments.is_empty() {
        counts += validate_pages()?;
    }
    Ok(counts)
}

/// The tests that need a program, the variable that passes its path to them, and the path, or the reason why it is missing.
fn optional_programs() -> Vec<(&'static str, &'static str, Result<PathBuf>)> {
    let schemathesis = programs::locate("schemathesis").context(
        "`.ci/install-checkers schemathesis` installs it, put target/checkers/bin on the PATH",
    );
    let axe = Some(workspace::root().join(AXE)).filter(|axe| axe.is_file());
    let axe = axe.context("`.ci/install-checkers axe-core` installs it");
    let mut is_old = false;
    let pooler = PGBOUNCER.require().and_then(|path| {
        let version = programs::version(&path).context("PgBouncer does not start")?;
        is_old = programs::release(&version) < Some(NEW_POOLER);
        Ok(path)
    });
    let mut all = vec![
        ("operations::pooler::", "TEST_PGBOUNCER", pooler),
        ("operations::balancer::", "TEST_HAPROXY", HAPROXY.require()),
        ("schemathesis::", "TEST_SCHEMATHESIS", schemathesis),
        // It is a part of many tests, and no test has this name.
        ("axe-core", "TEST_AXE", axe),
    ];
    if is_old {
        let needed_by = "operations::pooler::with_support::";
        let reason = anyhow!("PgBouncer 1.21 or newer is needed");
        all.push((needed_by, "TEST_PGBOUNCER", Err(reason)));
    }
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

/// Validates the pages of a run of all tests. Each check counts as one.
fn validate_pages() -> Result<Counts> {
    let mut report = Report::default();
    let (mut pages, mut kinds) = (0, BTreeSet::new());
    for page in fs::read_dir(workspace::root().join(PAGES))? {
        let name = page?.file_name().to_string_lossy().into_owned();
        kinds.extend(name.split('.').next().map(str::to_owned));
        pages += 1;
    }
    println!("{pages} pages of {} kinds in {PAGES}", kinds.len());
    let is_complete = kinds.len() >= MIN_KINDS;
    report.add("Pages that the tests have received", is_complete.into());
    report.run("pages")?;
    report.print();
    Ok(report.counts)
}
