//! Builds the static binary: with musl it runs on every Linux image, whatever its C library.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;

use crate::process::Supervisor;
use crate::{programs, workspace};

const TARGET: &str = "x86_64-unknown-linux-musl";

/// Stands in for the time of each file that is built in: the first moment that a zip can hold.
const SOURCE_DATE_EPOCH: &str = "315532800";

/// Separates the flags in `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: &str = "\u{1f}";

/// How to get one of the compilers.
pub(crate) const COMPILER_ADVICE: &str = if cfg!(target_os = "linux") {
    "install musl-gcc (Debian: `apt-get install musl-tools`), or Zig with `pip install cargo-zigbuild`"
} else {
    "install Zig and its companion for cargo with `pip install cargo-zigbuild`"
};

/// Builds the program for App Service; `None` where the compiler refused it.
///
/// # Errors
/// When something is missing here; the message says how to get it.
pub(super) fn static_program(supervisor: &Supervisor) -> Result<Option<PathBuf>> {
    ensure_target(supervisor)?;
    let build = Compiler::find()?.subcommand();
    let options = ["--release", "--locked", "--package", "app", "--target"];
    let cargo = workspace::cargo([build].into_iter().chain(options).chain([TARGET]))
        .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&folders()));
    let succeeded = supervisor.run(&cargo)?;
    Ok(succeeded.then(|| output_folder().join("app")))
}

/// Whether one of the compilers is here.
pub(crate) fn can_compile(is_installed: impl Fn(&str) -> bool) -> bool {
    Compiler::choose(cfg!(target_arch = "x86_64"), is_installed).is_some()
}

/// What compiles the program's C code and links it.
#[derive(Debug, PartialEq, Eq)]
enum Compiler {
    /// `musl-gcc`, which compiles for its own kind of processor only.
    Musl,
    /// Zig, which compiles for everything.
    Zig,
}

impl Compiler {
    fn find() -> Result<Self> {
        let is_installed = |name: &str| programs::find(name).is_some();
        match Self::choose(cfg!(target_arch = "x86_64"), is_installed) {
            Some(compiler) => Ok(compiler),
            None => bail!("no C compiler for {TARGET}: {COMPILER_ADVICE}"),
        }
    }

    fn choose(is_x86_64: bool, is_installed: impl Fn(&str) -> bool) -> Option<Self> {
        if is_x86_64 && is_installed("musl-gcc") {
            return Some(Self::Musl);
        }
        is_installed("cargo-zigbuild").then_some(Self::Zig)
    }

    fn subcommand(&self) -> &'static str {
        match self {
            Self::Musl => "build",
            Self::Zig => "zigbuild",
        }
    }
}

/// Rust's own library for the target, downloaded if need be.
fn ensure_target(supervisor: &Supervisor) -> Result<()> {
    let print = ["--print", "target-libdir", "--target", TARGET];
    let library = cmd("rustc", print).read().context("cannot run rustc")?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    ensure!(
        programs::find("rustup").is_some(),
        "this Rust has no library for {TARGET}: install Rust from https://rustup.rs"
    );
    println!("Installing Rust's library for {TARGET}.");
    let added = supervisor.run(&cmd!("rustup", "target", "add", TARGET))?;
    ensure!(added, "`rustup target add {TARGET}` failed");
    Ok(())
}

/// Takes the folders of this machine out of the binary, so that the same commit gives the same bytes elsewhere.
fn flags(folders: &[(PathBuf, &str)]) -> String {
    let flag = |(folder, name): &(PathBuf, &str)| {
        format!("--remap-path-prefix={}={name}", folder.display())
    };
    folders
        .iter()
        .map(flag)
        .collect::<Vec<_>>()
        .join(FLAG_SEPARATOR)
}

fn folders() -> Vec<(PathBuf, &'static str)> {
    let mut folders = vec![(workspace::root(), "/source")];
    folders.extend(cargo_home().map(|home| (home, "/cargo")));
    folders
}

#[expect(
    clippy::disallowed_methods,
    reason = "CARGO_HOME is cargo's, not a setting of the app"
)]
fn cargo_home() -> Option<PathBuf> {
    let usual = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(usual)
}

#[expect(
    clippy::disallowed_methods,
    reason = "CARGO_TARGET_DIR is cargo's, not a setting of the app"
)]
fn output_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace::root().join(target).join(TARGET).join("release")
}

#[cfg(test)]
mod tests {
    use super::{Compiler, flags};

    #[test]
    fn musl_gcc_is_preferred_where_it_compiles_for_the_right_processor() {
        assert_eq!(Compiler::choose(true, |_| true), Some(Compiler::Musl));
        assert_eq!(Compiler::choose(false, |_| true), Some(Compiler::Zig));
    }

    #[test]
    fn zig_serves_where_there_is_no_musl_gcc() {
        let has_zig = |name: &str| name == "cargo-zigbuild";
        assert_eq!(Compiler::choose(true, has_zig), Some(Compiler::Zig));
        assert_eq!(Compiler::choose(true, |_| false), None);
    }

    #[test]
    fn a_folder_with_a_blank_is_one_flag() {
        let folders = [("/my code".into(), "/source"), ("/c".into(), "/cargo")];
        assert_eq!(
            flags(&folders),
            "--remap-path-prefix=/my code=/source\u{1f}--remap-path-prefix=/c=/cargo"
        );
    }
}
