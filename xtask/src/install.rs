//! Installs what the tests and the benchmark need with the system's package manager.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use duct::{Expression, cmd};

use crate::platform::is_root;
use crate::process;
use crate::programs::{PostgresPrograms, find, find_chromium, find_pgbouncer};

/// A program that the tests or the benchmark need and cargo does not install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    PostgresServer,
    Chromium,
    /// The load generator of the benchmark.
    Wrk,
    PgBouncer,
}

/// The program, its arguments to refresh the lists and to install, and its packages for each tool.
type PackageManager = (&'static str, &'static str, &'static str, [&'static str; 4]);

/// All but Homebrew run as root.
#[rustfmt::skip]
const PACKAGE_MANAGERS: [PackageManager; 5] = [
    ("apt-get", "update -o DPkg::Lock::Timeout=300", "install -y -o DPkg::Lock::Timeout=300", ["postgresql", "chromium", "wrk", "pgbouncer"]),
    ("dnf", "makecache", "install -y", ["postgresql-server", "chromium", "wrk", "pgbouncer"]),
    ("apk", "update", "add", ["postgresql", "chromium", "wrk", "pgbouncer"]),
    ("pacman", "-Sy", "-S --noconfirm --needed", ["postgresql", "chromium", "wrk", "pgbouncer"]),
    (HOMEBREW, "update", "install", ["postgresql@17", "google-chrome", "wrk", "pgbouncer"]),
];
const HOMEBREW: &str = "brew";

/// The PostgreSQL server, installed if it is missing.
pub(crate) fn postgres_server() -> Result<PostgresPrograms> {
    ensure_installed(&[Tool::PostgresServer])?;
    PostgresPrograms::find().context("the PostgreSQL server was installed but cannot be found")
}

/// The browser, installed if it is missing.
pub(crate) fn chromium() -> Result<PathBuf> {
    ensure_installed(&[Tool::Chromium])?;
    find_chromium()
        .context("Chromium was installed but does not start: install Google Chrome by hand")
}

/// PgBouncer, installed if it is missing and can be installed: not every system has a package.
pub(crate) fn pgbouncer() -> Option<PathBuf> {
    if let Err(error) = ensure_installed(&[Tool::PgBouncer]) {
        eprintln!("warning: {error:#}");
    }
    find_pgbouncer()
}

/// How to install the tool by hand.
pub(crate) fn advice(tool: Tool) -> &'static str {
    match tool {
        Tool::PostgresServer => {
            "install the PostgreSQL server (Debian: `apt-get install postgresql`, macOS: `brew install postgresql@17`, Windows: `winget install PostgreSQL.PostgreSQL.17`)"
        }
        Tool::PgBouncer => "install PgBouncer (Debian: `apt-get install pgbouncer`)",
        Tool::Wrk => "install wrk (Debian: `apt-get install wrk`, macOS: `brew install wrk`)",
        Tool::Chromium => {
            "install Chromium or Google Chrome (Debian: `apt-get install chromium`, macOS: `brew install google-chrome`, Windows: `winget install Google.Chrome`)"
        }
    }
}

/// Installs the missing ones of these tools.
///
/// # Errors
/// When no known package manager can be used without a password; the message says what to install by hand.
pub(crate) fn ensure_installed(tools: &[Tool]) -> Result<()> {
    let is_missing = |tool: &Tool| match tool {
        Tool::PostgresServer => PostgresPrograms::find().is_none(),
        Tool::Chromium => find_chromium().is_none(),
        Tool::Wrk => find("wrk").is_none(),
        Tool::PgBouncer => find_pgbouncer().is_none(),
    };
    let missing: Vec<Tool> = tools.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand: Vec<&str> = missing.iter().map(|tool| advice(*tool)).collect();
    let by_hand = by_hand.join("; ");
    let mut managers = PACKAGE_MANAGERS.iter();
    let manager = managers.find(|(program, ..)| find(program).is_some());
    let Some((program, refresh, install, packages)) = manager.filter(|manager| may_use(manager.0))
    else {
        bail!("nothing can be installed here without a password: {by_hand}");
    };
    let packages: Vec<&str> = missing
        .iter()
        .map(|tool| packages[*tool as usize])
        .collect();
    println!("Installing {} with {program}.", packages.join(" and "));
    process::run(&command(program, refresh.split(' ')))?;
    let install = install.split(' ').chain(packages);
    ensure!(
        process::run(&command(program, install))?,
        "{program} failed: {by_hand}"
    );
    Ok(())
}

fn may_use(manager: &str) -> bool {
    let sudo = || cmd!("sudo", "-n", "true").stdin_null().stderr_null().run();
    manager == HOMEBREW || is_root() || sudo().is_ok()
}

fn command<'a>(manager: &'a str, arguments: impl Iterator<Item = &'a str>) -> Expression {
    if manager == HOMEBREW || is_root() {
        return cmd(manager, arguments).env("DEBIAN_FRONTEND", "noninteractive");
    }
    let sudo = ["-n", "DEBIAN_FRONTEND=noninteractive", manager];
    cmd("sudo", sudo.into_iter().chain(arguments))
}
