//! What differs between operating systems: process groups, file permissions, user accounts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
#[cfg(unix)]
use {
    nix::sys::signal::{Signal, killpg},
    nix::unistd::{Pid, Uid, User},
    std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
};

/// How a process group is ended.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    /// SIGTERM
    Terminate,
    /// SIGKILL
    Kill,
}

/// Puts xtask and all that it starts into a job object, which ends with xtask.
#[cfg(windows)]
pub(crate) fn end_children_with_this_process() -> Result<()> {
    let mut limits = win32job::ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    let job = win32job::Job::create_with_limit_info(&limits)?;
    job.assign_current_process()?;
    // Closing the handle ends xtask too, so it stays open until the process exits.
    std::mem::forget(job);
    Ok(())
}

/// Makes the program the leader of a process group of its own, which Ctrl+C in the terminal does not reach.
/// On Windows Ctrl+C reaches every program of the console by itself.
pub(crate) fn lead_process_group(command: &mut Command) {
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    let _ = command;
}

/// Signals a program and all that it has started; a group that no longer exists is fine.
pub(crate) fn end_process_group(leader: u32, ending: Ending) {
    #[cfg(unix)]
    {
        let signal = match ending {
            Ending::Terminate => Signal::SIGTERM,
            Ending::Kill => Signal::SIGKILL,
        };
        killpg(Pid::from_raw(leader.cast_signed()), signal).ok();
    }
    #[cfg(windows)]
    if matches!(ending, Ending::Kill) {
        let _ = leader;
        // The job object ends what is still running.
        std::process::exit(1);
    }
}

/// Whether this process may change the system itself.
pub(crate) fn is_root() -> bool {
    #[cfg(unix)]
    return Uid::effective().is_root();
    #[cfg(windows)]
    false
}

/// Sets the execute bits. Windows has none: the start script sets them on App Service.
pub(crate) fn make_executable(path: &Path) -> Result<()> {
    set_mode(path, 0o755).with_context(|| format!("cannot make {} executable", path.display()))
}

/// Writes a file that only its owner can read; on Windows it is as private as its folder.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    // The permissions come first: nobody can open the file in between.
    fs::File::create(path)?;
    set_mode(path, 0o600)?;
    Ok(fs::write(path, text)?)
}

fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    let _ = (path, mode);
    Ok(())
}

/// The account that PostgreSQL's programs run as: `postgres` where xtask runs as root, which they refuse, else our own.
#[derive(Clone)]
pub(crate) struct Account(#[cfg(unix)] Option<User>);

#[cfg(unix)]
impl Account {
    /// # Errors
    /// As root, when there is no account named `postgres`.
    pub(crate) fn for_postgres() -> Result<Self> {
        if !is_root() {
            return Ok(Self(None));
        }
        let user = User::from_name("postgres").context("cannot look up the account `postgres`")?;
        let user = user.context("PostgreSQL refuses to run as root and there is no account `postgres`: create it, or run as an ordinary user")?;
        Ok(Self(Some(user)))
    }

    /// The home folder of `postgres`, which that account can reach wherever the repository is.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|user| user.dir.clone())
    }

    /// Changes the owner of a file or folder to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        let Some(user) = &self.0 else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .with_context(|| format!("cannot give {} to {}", path.display(), user.name))
    }

    /// Makes the program run as the account.
    pub(crate) fn run_as(&self, command: &mut Command) {
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }
}

#[cfg(windows)]
impl Account {
    pub(crate) fn for_postgres() -> Result<Self> {
        Ok(Self())
    }

    pub(crate) fn home(&self) -> Option<PathBuf> {
        None
    }

    pub(crate) fn own(&self, _path: &Path) -> Result<()> {
        Ok(())
    }

    pub(crate) fn run_as(&self, _command: &mut Command) {}
}
