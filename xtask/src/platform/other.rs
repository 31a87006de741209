//! Windows: the console's Ctrl-C reaches every program by itself, and PostgreSQL drops its own rights.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Ending;

pub(crate) fn lead_group(_command: &mut Command) {}

pub(crate) fn end_group(_leader: u32, _ending: Ending) {}

pub(crate) fn is_root() -> bool {
    false
}

#[derive(Clone)]
pub(crate) struct Account;

impl Account {
    pub(crate) fn for_postgres() -> Result<Self> {
        Ok(Self)
    }

    pub(crate) fn home(&self) -> Option<PathBuf> {
        None
    }

    pub(crate) fn create_folder(&self, folder: &Path) -> Result<()> {
        Ok(std::fs::create_dir_all(folder)?)
    }

    pub(crate) fn own(&self, _path: &Path) -> Result<()> {
        Ok(())
    }

    pub(crate) fn assume(&self, _command: &mut Command) {}
}

/// The file is as private as the folder it lies in.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    Ok(std::fs::write(path, text)?)
}
