//! Linux and macOS.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, Uid, User};

use super::Ending;

/// Puts the program into a group of its own: a Ctrl-C in the terminal no longer reaches it, `end_group` does.
pub(crate) fn lead_group(command: &mut Command) {
    command.process_group(0);
}

/// Ends a program and all it has started. A group that is already gone is fine.
pub(crate) fn end_group(leader: u32, ending: Ending) {
    let signal = match ending {
        Ending::Asked => Signal::SIGTERM,
        Ending::Forced => Signal::SIGKILL,
    };
    if let Ok(leader) = i32::try_from(leader) {
        killpg(Pid::from_raw(leader), signal).ok();
    }
}

/// Whom PostgreSQL's programs run as: ourselves, or the account of its package where we are root, whom it refuses.
#[derive(Clone)]
pub(crate) struct Account(Option<User>);

impl Account {
    /// # Errors
    /// As root, when there is no account named `postgres`.
    pub(crate) fn for_postgres() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self(None));
        }
        let user = User::from_name("postgres").context("cannot look up the account `postgres`")?;
        let user = user.context("PostgreSQL refuses to run as root and there is no account `postgres`: create it, or run as an ordinary user")?;
        Ok(Self(Some(user)))
    }

    /// The home folder of PostgreSQL's account, which it can reach wherever the repository lies.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|user| user.dir.clone())
    }

    /// Creates a folder that the account owns and nobody else may enter.
    pub(crate) fn create_folder(&self, folder: &Path) -> Result<()> {
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        self.own(folder)
    }

    /// Gives a file or folder to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        let Some(user) = &self.0 else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .with_context(|| {
                format!(
                    "cannot give {} to the account {}",
                    path.display(),
                    user.name
                )
            })
    }

    /// Makes the program run as the account.
    pub(crate) fn assume(&self, command: &mut Command) {
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }
}

/// Whether we may change the system ourselves.
pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file.write_all(text.as_bytes())?)
}
