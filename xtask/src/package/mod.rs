//! `cargo xtask package`: builds what App Service runs, in `dist/`.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::install::advice;
use crate::{platform, process, programs, settings, workspace};

pub(crate) const PROGRAM: &str = "app";
pub(crate) const START_SCRIPT: &str = "startup.sh";

/// With musl the binary is static: it runs on every Linux image, whatever its C library.
const TARGET: &str = "x86_64-unknown-linux-musl";

/// The features of the package: all but Swagger UI, which is for development.
const FEATURES: &str = "--no-default-features --features sample-data";

/// Replaces the modification time of the embedded files: the earliest time that a zip can hold.
const SOURCE_DATE_EPOCH: &str = "315532800";

/// C compilers for the target that are advised here, of which one is enough.
pub(crate) const COMPILERS: &[&str] = if cfg!(target_os = "linux") {
    &["musl-gcc", "cargo-zigbuild"]
} else {
    &["cargo-zigbuild"]
};

/// It replaces azd's default list for Python sites, which would leave files out.
const WEBAPPIGNORE: &str =
    "# Files listed here are not deployed. None are: everything in this folder is.\n";

/// Builds the program and replaces `dist/`.
pub(crate) fn run() -> Result<bool> {
    let program = static_program()?;
    let version = version(&workspace::root());
    let bytes = fill(&folder(), &program, &version)?;
    println!(
        "{}: {version}, {} KiB. `cargo xtask simulate` tries it, `azd deploy` deploys it.",
        folder().display(),
        bytes / 1024
    );
    Ok(true)
}

/// `dist/` of the repository, which azd zips as it is.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("dist")
}

/// Whether one of the C compilers for the target is installed.
pub(crate) fn can_compile() -> bool {
    cargo_subcommand(cfg!(target_arch = "x86_64"), programs::is_installed).is_some()
}

/// The subcommand of cargo that builds with an installed C compiler. `musl-gcc` compiles for its own architecture
/// only, Zig for every one.
fn cargo_subcommand(is_x86_64: bool, is_installed: impl Fn(&str) -> bool) -> Option<&'static str> {
    if is_x86_64 && is_installed("musl-gcc") {
        return Some("build");
    }
    is_installed("cargo-zigbuild").then_some("zigbuild")
}

/// Builds the static binary.
///
/// # Errors
/// When something is missing here, with advice, or when it does not build.
pub(crate) fn static_program() -> Result<PathBuf> {
    let build = cargo_subcommand(cfg!(target_arch = "x86_64"), programs::is_installed);
    let Some(build) = build else {
        bail!("no C compiler for {TARGET}: {}", advice(COMPILERS));
    };
    // The standard library for the target. Without rustup cargo says what is missing.
    let add = workspace::command("rustup --quiet target add {}", &[TARGET]);
    let is_added = !programs::is_installed("rustup") || process::run(&add)?;
    ensure!(is_added, "`rustup target add {TARGET}` failed");
    let cargo =
        format!("cargo {build} --release --locked --target {TARGET} {{}} --package app {FEATURES}");
    let remapped = [(workspace::root(), "/source"), (cargo_home(), "/cargo")];
    let cargo = workspace::command(&cargo, &[workspace::REPORT])
        .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)
        .env("APP_VERSION", version(&workspace::root()))
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&remapped));
    let [program] = workspace::build(&cargo, ["app"])?;
    Ok(program)
}

/// Removes this machine's paths from the binary, so that the same commit gives the same bytes elsewhere. The flags of
/// `CARGO_ENCODED_RUSTFLAGS` are separated by a control character.
fn flags(remapped: &[(PathBuf, &str)]) -> String {
    let flag = |(folder, name): &(PathBuf, &str)| {
        format!("--remap-path-prefix={}={name}", folder.display())
    };
    let flags: Vec<String> = remapped.iter().map(flag).collect();
    flags.join("\u{1f}")
}

fn cargo_home() -> PathBuf {
    let default = || std::env::home_dir().unwrap_or_default().join(".cargo");
    settings::environment_variable("CARGO_HOME").map_or_else(default, PathBuf::from)
}

/// Version and commit of the package, as in `0.1.0, commit 1a2b3c4d5e6f of 2026-01-31, changed`.
pub(crate) fn version(repository: &Path) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let git = |command: &str| {
        let git = workspace::program(repository, &workspace::words(command, &[]));
        process::read(&git).ok()
    };
    let Some(commit) = git("git log -1 --abbrev=12 --format=%h%x20of%x20%cs") else {
        return format!("{version}, not from a commit");
    };
    let status = git("git status --porcelain --untracked-files=no").unwrap_or_default();
    let changed = if status.is_empty() { "" } else { ", changed" };
    format!("{version}, commit {}{changed}", commit.trim())
}

/// Replaces the folder by the program and what it needs; returns the size of all files.
fn fill(folder: &Path, program: &Path, version: &str) -> Result<usize> {
    let program =
        fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let advice = || format!("cannot write {}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(advice)?;
    }
    fs::create_dir(folder).with_context(advice)?;
    let version = format!("{version}\n");
    let files: [(&str, &[u8]); 4] = [
        (PROGRAM, &program),
        (START_SCRIPT, include_bytes!("startup.sh")),
        ("version.txt", version.as_bytes()),
        (".webappignore", WEBAPPIGNORE.as_bytes()),
    ];
    for (name, content) in files {
        fs::write(folder.join(name), content).with_context(advice)?;
    }
    platform::make_executable(&folder.join(PROGRAM))?;
    platform::make_executable(&folder.join(START_SCRIPT))?;
    Ok(files.iter().map(|(_, content)| content.len()).sum())
}
