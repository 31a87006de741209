//! The repository's folder, and cargo in it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use duct::Expression;
use serde_json::Value;

use crate::process::Supervisor;

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo with these arguments, in the repository's folder.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Expression {
    cargo_in(&root(), arguments)
}

/// Cargo with these arguments in another folder.
pub(crate) fn cargo_in<'a>(
    folder: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Expression {
    without_package(duct::cmd("cargo", arguments)).dir(folder)
}

/// Removes the variables that cargo sets for xtask's own package. Build scripts that read them, as that of `ring`
/// does, would run again whenever cargo is called without xtask, and everything that depends on them be rebuilt.
fn without_package(command: Expression) -> Expression {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names
        .filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        .fold(command, |command, name| command.env_remove(name))
}

/// Makes cargo report the built programs, for `built_programs`.
pub(crate) const REPORT: &str = "--message-format=json-render-diagnostics";

/// Builds programs in one invocation of cargo, so that they share their dependencies' features; returns their paths.
///
/// # Errors
/// When they do not build; cargo has printed why.
pub(crate) fn build_programs<const N: usize>(
    packages: [&str; N],
    supervisor: &Supervisor,
) -> Result<[PathBuf; N]> {
    let selection = packages.iter().flat_map(|package| ["--package", package]);
    let build = cargo(["build", "--locked", REPORT].into_iter().chain(selection));
    built_programs(&build, packages, supervisor)
}

/// Runs a build and returns the paths of these packages' programs.
///
/// # Errors
/// When they do not build; cargo has printed why.
pub(crate) fn built_programs<const N: usize>(
    build: &Expression,
    packages: [&str; N],
    supervisor: &Supervisor,
) -> Result<[PathBuf; N]> {
    let mut programs = packages.map(|_| None);
    let succeeded = supervisor.run_lines(build, |line| {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        let Some(path) = message["executable"].as_str() else {
            return;
        };
        let name = packages
            .iter()
            .position(|name| message["target"]["name"] == *name);
        if let Some(index) = name {
            programs[index] = Some(PathBuf::from(path));
        }
    })?;
    ensure!(
        succeeded && programs.iter().all(Option::is_some),
        "the build of {} failed",
        packages.join(" and ")
    );
    Ok(programs.map(Option::unwrap_or_default))
}

/// A new key of 256 random bits, in hexadecimal.
pub(crate) fn random_key() -> Result<String> {
    let mut key = String::new();
    for _ in 0..4 {
        write!(key, "{:016x}", getrandom::u64()?)?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn cargo_does_not_get_the_variables_of_xtasks_package() {
        let seen = super::without_package(duct::cmd("env", [""; 0]))
            .read()
            .unwrap();
        assert!(seen.contains("PATH="), "{seen}");
        for name in ["CARGO_PKG_", "CARGO_MANIFEST_"] {
            assert!(!seen.contains(name), "{seen}");
        }
    }
}
