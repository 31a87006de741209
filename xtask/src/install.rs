//! Installs what the tests need with the system's package manager, saying so first.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use duct::{Expression, cmd};

use crate::platform::is_root;
use crate::process::Supervisor;
use crate::programs::{PostgresPrograms, find, find_chromium};

/// Something that the tests need and cargo does not bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    PostgresServer,
    Chromium,
}

struct PackageManager {
    program: &'static str,
    refresh: &'static [&'static str],
    install: &'static [&'static str],
    postgres_server: &'static str,
    chromium: &'static str,
    needs_root: bool,
}

const PACKAGE_MANAGERS: [PackageManager; 5] = [
    PackageManager {
        program: "apt-get",
        refresh: &["update", "-o", "DPkg::Lock::Timeout=300"],
        install: &["install", "-y", "-o", "DPkg::Lock::Timeout=300"],
        postgres_server: "postgresql",
        chromium: "chromium",
        needs_root: true,
    },
    PackageManager {
        program: "dnf",
        refresh: &["makecache"],
        install: &["install", "-y"],
        postgres_server: "postgresql-server",
        chromium: "chromium",
        needs_root: true,
    },
    PackageManager {
        program: "apk",
        refresh: &["update"],
        install: &["add"],
        postgres_server: "postgresql",
        chromium: "chromium",
        needs_root: true,
    },
    PackageManager {
        program: "pacman",
        refresh: &["-Sy"],
        install: &["-S", "--noconfirm", "--needed"],
        postgres_server: "postgresql",
        chromium: "chromium",
        needs_root: true,
    },
    PackageManager {
        program: "brew",
        refresh: &["update"],
        install: &["install"],
        postgres_server: "postgresql@17",
        chromium: "google-chrome",
        needs_root: false,
    },
];

/// The PostgreSQL server, installed if need be.
pub(crate) fn postgres_server(supervisor: &Supervisor) -> Result<PostgresPrograms> {
    ensure_installed(&[Tool::PostgresServer], supervisor)?;
    PostgresPrograms::find()
        .context("the PostgreSQL server cannot be found although it was installed")
}

/// The browser, installed if need be.
pub(crate) fn chromium(supervisor: &Supervisor) -> Result<PathBuf> {
    ensure_installed(&[Tool::Chromium], supervisor)?;
    find_chromium().context(
        "Chromium cannot be started although it was installed: install Google Chrome by hand",
    )
}

/// What to do by hand to get the tool.
pub(crate) fn advice(tool: Tool) -> &'static str {
    match tool {
        Tool::PostgresServer => {
            "install the PostgreSQL server (Debian: `apt-get install postgresql`, macOS: `brew install postgresql@17`, Windows: `winget install PostgreSQL.PostgreSQL.17`)"
        }
        Tool::Chromium => {
            "install Chromium or Google Chrome (Debian: `apt-get install chromium`, macOS: `brew install google-chrome`, Windows: `winget install Google.Chrome`)"
        }
    }
}

/// Installs those of the tools that are missing, all in one go.
///
/// # Errors
/// When there is no package manager that we know and may use; the message says what to install by hand.
pub(crate) fn ensure_installed(tools: &[Tool], supervisor: &Supervisor) -> Result<()> {
    let missing: Vec<Tool> = tools
        .iter()
        .copied()
        .filter(|tool| !is_installed(*tool))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = missing
        .iter()
        .map(|tool| advice(*tool))
        .collect::<Vec<_>>()
        .join("; ");
    let manager = PACKAGE_MANAGERS
        .iter()
        .find(|manager| find(manager.program).is_some());
    let Some(manager) = manager.filter(|manager| may_use(manager)) else {
        bail!("nothing can be installed here without a password: {by_hand}");
    };
    let packages: Vec<&str> = missing.iter().map(|tool| manager.package(*tool)).collect();
    println!(
        "Installing {} with {}.",
        packages.join(" and "),
        manager.program
    );
    supervisor.run(&manager.command(manager.refresh))?;
    let install = [manager.install, &packages].concat();
    ensure!(
        supervisor.run(&manager.command(&install))?,
        "{} failed: {by_hand}",
        manager.program
    );
    Ok(())
}

fn is_installed(tool: Tool) -> bool {
    match tool {
        Tool::PostgresServer => PostgresPrograms::find().is_some(),
        Tool::Chromium => find_chromium().is_some(),
    }
}

fn may_use(manager: &PackageManager) -> bool {
    !manager.needs_root
        || is_root()
        || cmd!("sudo", "-n", "true")
            .stdin_null()
            .stderr_null()
            .run()
            .is_ok()
}

impl PackageManager {
    fn package(&self, tool: Tool) -> &'static str {
        match tool {
            Tool::PostgresServer => self.postgres_server,
            Tool::Chromium => self.chromium,
        }
    }

    fn command(&self, arguments: &[&str]) -> Expression {
        if !self.needs_root || is_root() {
            return cmd(self.program, arguments).env("DEBIAN_FRONTEND", "noninteractive");
        }
        let sudo = ["-n", "DEBIAN_FRONTEND=noninteractive", self.program];
        cmd("sudo", sudo.iter().chain(arguments))
    }
}
