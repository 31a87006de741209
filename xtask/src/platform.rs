//! Operating system differences: process groups, file permissions, user accounts.

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

/// Makes the program the leader of a new process group, which Ctrl+C in the terminal does not reach.
/// On Windows Ctrl+C reaches every program of the console by itself.
pub(crate) fn lead_process_group(command: &mut Command) {
    #[cfg(unix)]
    command.process_group(0);
    let _ = command;
}

/// Asks a program and all that it has started to exit, or kills them. On Windows Ctrl+C has asked them already, and the
/// job object kills them with xtask.
pub(crate) fn end_process_group(leader: u32, kill: bool) {
    #[cfg(unix)]
    {
        let signal = if kill {
            Signal::SIGKILL
        } else {
            Signal::SIGTERM
        };
        // An error means that the group no longer exists.
        killpg(Pid::from_raw(leader.cast_signed()), signal).ok();
    }
    #[cfg(windows)]
    if kill {
        let _ = leader;
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
    // The permissions come first: no other user can open the file in between.
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
#[derive(Clone, Default)]
pub(crate) struct Account {
    ids: Option<(u32, u32)>,
    /// A folder that `postgres` can reach wherever the repository is.
    pub(crate) home: Option<PathBuf>,
}

impl Account {
    /// # Errors
    /// As root, when there is no account named `postgres`.
    pub(crate) fn for_postgres() -> Result<Self> {
        #[cfg(unix)]
        if is_root() {
            let user = User::from_name("postgres")?.context("PostgreSQL refuses to run as root and there is no account `postgres`: create it, or run as an ordinary user")?;
            let ids = Some((user.uid.as_raw(), user.gid.as_raw()));
            let home = Some(user.dir);
            return Ok(Self { ids, home });
        }
        Ok(Self::default())
    }

    /// Changes the owner of a file or folder to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        #[cfg(unix)]
        if let Some((uid, gid)) = self.ids {
            std::os::unix::fs::chown(path, Some(uid), Some(gid))
                .with_context(|| format!("cannot give {} to `postgres`", path.display()))?;
        }
        let _ = (self.ids, path);
        Ok(())
    }

    /// Makes the program run as the account.
    pub(crate) fn run(&self, command: &mut Command) {
        #[cfg(unix)]
        if let Some((uid, gid)) = self.ids {
            command.uid(uid).gid(gid);
        }
        let _ = command;
    }
}
