//! Installs what the tests and the benchmark need with the system's package manager.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::platform::is_root;
use crate::programs::{self, PostgresPrograms};
use crate::{process, workspace};

/// A program that the tests or the benchmark need and cargo does not install.
pub(crate) struct Tool {
    name: &'static str,
    find: fn() -> Option<PathBuf>,
    /// For each of the package managers, and for winget; empty if there is none.
    packages: [&'static str; 6],
}

#[rustfmt::skip]
pub(crate) const POSTGRES_SERVER: Tool = Tool {
    name: "the PostgreSQL server", find: || PostgresPrograms::find().map(|programs| programs.folder),
    packages: ["postgresql", "postgresql-server", "postgresql", "postgresql", "postgresql@17", "PostgreSQL.PostgreSQL.17"],
};
#[rustfmt::skip]
pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium or Google Chrome", find: programs::find_chromium,
    packages: ["chromium", "chromium", "chromium", "chromium", "google-chrome", "Google.Chrome"],
};
/// The load generator of the benchmark.
#[rustfmt::skip]
pub(crate) const WRK: Tool = Tool {
    name: "wrk", find: || programs::find("wrk"), packages: ["wrk", "wrk", "wrk", "wrk", "wrk", ""],
};
#[rustfmt::skip]
pub(crate) const PGBOUNCER: Tool = Tool {
    name: "PgBouncer", find: programs::find_pgbouncer,
    packages: ["pgbouncer", "pgbouncer", "pgbouncer", "pgbouncer", "pgbouncer", ""],
};
/// A load balancer, for the tests of several instances.
#[rustfmt::skip]
pub(crate) const HAPROXY: Tool = Tool {
    name: "HAProxy", find: programs::find_haproxy,
    packages: ["haproxy", "haproxy", "haproxy", "haproxy", "haproxy", ""],
};

/// The program, its arguments to refresh the lists, and to install packages. All but Homebrew run as root.
#[rustfmt::skip]
const PACKAGE_MANAGERS: [(&str, &str, &str); 5] = [
    ("apt-get", "update -o DPkg::Lock::Timeout=300", "install -y -o DPkg::Lock::Timeout=300"),
    ("dnf", "makecache", "install -y"),
    ("apk", "update", "add"),
    ("pacman", "-Sy", "-S --noconfirm --needed"),
    (HOMEBREW, "update", "install"),
];
const HOMEBREW: &str = "brew";

impl Tool {
    /// Its path. It is installed if it is missing.
    pub(crate) fn require(&self) -> Result<PathBuf> {
        ensure_installed(&[self])?;
        (self.find)().with_context(|| format!("{} was installed but does not start", self.name))
    }

    /// How to install it by hand.
    pub(crate) fn advice(&self) -> String {
        let [debian, .., mac, windows] = self.packages;
        let windows = if windows.is_empty() {
            String::new()
        } else {
            format!(", Windows: `winget install {windows}`")
        };
        format!(
            "install {} (Debian: `apt-get install {debian}`, macOS: `brew install {mac}`{windows})",
            self.name
        )
    }
}

/// The PostgreSQL server, installed if it is missing.
pub(crate) fn postgres_server() -> Result<PostgresPrograms> {
    ensure_installed(&[&POSTGRES_SERVER])?;
    PostgresPrograms::find().context("the PostgreSQL server was installed but cannot be found")
}

/// Installs the missing ones of these tools.
///
/// # Errors
/// When no known package manager can be used without a password; the message says what to install by hand.
pub(crate) fn ensure_installed(tools: &[&Tool]) -> Result<()> {
    let missing = tools.iter().filter(|tool| (tool.find)().is_none());
    let missing: Vec<&&Tool> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand: Vec<String> = missing.iter().map(|tool| tool.advice()).collect();
    let by_hand = by_hand.join("; ");
    let mut managers = PACKAGE_MANAGERS.iter().enumerate();
    let manager = managers.find(|(_, (program, ..))| programs::is_installed(program));
    let manager = manager.and_then(|manager| Some((manager, prefix(manager.1.0)?)));
    let Some(((index, (program, refresh, install)), prefix)) = manager else {
        bail!("nothing can be installed here without a password: {by_hand}");
    };
    let packages: Vec<&str> = missing.iter().map(|tool| tool.packages[index]).collect();
    println!("Installing {} with {program}.", packages.join(" and "));
    let run = |arguments: &str| {
        let command = format!("{prefix} DEBIAN_FRONTEND=noninteractive {program} {arguments}");
        process::run(&workspace::command(&command, &[]))
    };
    run(refresh)?;
    let installed = run(&format!("{install} {}", packages.join(" ")))?;
    ensure!(installed, "{program} failed: {by_hand}");
    Ok(())
}

/// The command that gives a package manager its rights; `None` if it would ask for a password.
fn prefix(manager: &str) -> Option<&'static str> {
    if manager == HOMEBREW || is_root() {
        return Some("env");
    }
    let sudo = workspace::command("sudo -n true", &[]).stdin_null();
    process::read(&sudo).is_ok().then_some("sudo -n")
}
