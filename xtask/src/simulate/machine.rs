//! The machines that sites run on: a root file system, made once, and a fresh copy of it for each run.

use std::fs;
use std::path::PathBuf;

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
    let root = cache()?.join(SUITE);
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

/// Signals process 1 of the machine that `leader` has started, as App Service does.
pub(super) fn signal(name: &str, leader: u32) -> Result<()> {
    if let Some(pid) = first_process(leader) {
        let kill = as_root("kill", &[name, &pid.to_string()])?;
        kill.stderr_null().unchecked().run()?;
    }
    Ok(())
}

/// Down from `pid`, the first program that is number 1 in its own namespace.
fn first_process(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let numbers = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    if numbers.len() > 1 && numbers.last() == Some(&"1") {
        return Some(pid);
    }
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let mut children = children.split_whitespace();
    children.find_map(|child| first_process(child.parse().ok()?))
}

/// Outside of `target/`, as `cargo clean` could not delete what belongs to root.
fn cache() -> Result<PathBuf> {
    let home =
        std::env::home_dir().context("there is no home folder to keep the root file system in")?;
    let cache = home.join(".cache/app-service-simulation");
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    Ok(cache)
}

/// Where the simulation keeps its files.
pub(super) fn folder() -> Result<PathBuf> {
    let folder = workspace::root().join("target/simulate");
    fs::create_dir_all(&folder).context("cannot create target/simulate")?;
    Ok(folder)
}

/// The script that makes a machine.
pub(super) fn script() -> Result<PathBuf> {
    let path = folder()?.join("enter.sh");
    let content = include_str!("enter.sh");
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
