//! The machines that sites run on: a root file system, made once, and a fresh copy of it for each run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::{Expression, cmd};

use crate::platform::is_root;
use crate::process::Supervisor;
use crate::{programs, workspace};

/// What the built-in images are made of, less than they hold.
const SUITE: &str = "bookworm";

/// The root file system, downloaded the first time.
///
/// # Errors
/// When something is missing here; the message says what.
pub(super) fn root(supervisor: &Supervisor) -> Result<PathBuf> {
    ensure!(
        cfg!(target_os = "linux"),
        "`simulate` needs Linux: run it in the devcontainer"
    );
    let root = folder()?.join(SUITE);
    if root.join("complete").exists() {
        return Ok(root);
    }
    ensure!(
        programs::find("debootstrap").is_some(),
        "debootstrap is missing: `apt-get install debootstrap`"
    );
    println!("Making a root file system of Debian {SUITE}, once.");
    let path = root.to_string_lossy().into_owned();
    let arguments = ["--variant=minbase", SUITE, &path];
    let is_made = supervisor.run(&as_root("debootstrap", &arguments)?.stdout_null())?;
    ensure!(is_made, "debootstrap failed: delete {path}, then try again");
    let done = root.join("complete").to_string_lossy().into_owned();
    ensure!(
        supervisor.run(&as_root("touch", &[&done])?)?,
        "cannot write {done}"
    );
    Ok(root)
}

/// An empty folder that machines are mounted on; only their own namespace sees it full.
pub(super) fn mount_point() -> Result<PathBuf> {
    let machine = folder()?.join("machine");
    fs::create_dir_all(&machine).with_context(|| format!("cannot create {}", machine.display()))?;
    Ok(machine)
}

/// The program with the rights that mounting needs.
pub(super) fn as_root(program: &str, arguments: &[&str]) -> Result<Expression> {
    if is_root() {
        return Ok(cmd(program, arguments));
    }
    let asks_nothing = cmd!("sudo", "-n", "true").stdin_null().stderr_null();
    if programs::find("sudo").is_none() || asks_nothing.run().is_err() {
        bail!("`simulate` mounts file systems, which needs root, or sudo without a password");
    }
    Ok(cmd("sudo", ["-n", program].iter().chain(arguments)))
}

/// Signals the program that `leader` has started, however many wrappers are between.
pub(super) fn signal(name: &str, leader: u32) -> Result<()> {
    let pid = innermost(leader).to_string();
    as_root("kill", &[name, &pid])?
        .stderr_null()
        .unchecked()
        .run()?;
    Ok(())
}

fn innermost(pid: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let child = children
        .ok()
        .and_then(|list| list.split_whitespace().next()?.parse().ok());
    child.map_or(pid, innermost)
}

fn folder() -> Result<PathBuf> {
    let folder = workspace::root().join("target/simulate");
    fs::create_dir_all(&folder).context("cannot create target/simulate")?;
    Ok(folder)
}

/// A file of ours that the machine needs.
pub(super) fn script() -> Result<PathBuf> {
    write(&folder()?.join("enter.sh"), include_str!("enter.sh"))
}

fn write(path: &Path, content: &str) -> Result<PathBuf> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.to_path_buf())
}
