//! The folder of a PostgreSQL server, held by one run at a time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::platform::Account;

/// Data, log, password and lock of a server. The lock is free again as soon as this run ends, however it ends.
pub(super) struct ServerFolder {
    pub(super) path: PathBuf,
    pub(super) account: Account,
    /// The superuser's: other people on this machine can reach the port too.
    pub(super) password: String,
    _lock: File,
}

impl ServerFolder {
    /// Takes the folder for this run, and creates it if need be.
    pub(super) fn claim(path: PathBuf, account: Account) -> Result<Self> {
        let name = path.display();
        account
            .create_folder(&path)
            .with_context(|| format!("cannot create {name}"))?;
        let lock = lock(&path).with_context(|| format!("another run uses {name}: end it first"))?;
        let password = password(&path, &account)?;
        Ok(Self {
            path,
            account,
            password,
            _lock: lock,
        })
    }

    pub(super) fn data(&self) -> String {
        self.file("data")
    }

    pub(super) fn password_file(&self) -> String {
        self.file("password")
    }

    pub(super) fn log(&self) -> String {
        self.file("log")
    }

    /// Takes this password for a server that has not been made yet.
    pub(super) fn set_password(&mut self, password: &str) -> Result<()> {
        fs::write(self.password_file(), password)?;
        password.clone_into(&mut self.password);
        Ok(())
    }

    pub(super) fn last_log_lines(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    fn file(&self, name: &str) -> String {
        self.path.join(name).to_string_lossy().into_owned()
    }
}

fn lock(folder: &Path) -> Result<File> {
    let lock = File::create(folder.join("lock"))?;
    lock.try_lock()?;
    Ok(lock)
}

fn password(folder: &Path, account: &Account) -> Result<String> {
    let path = folder.join("password");
    if let Ok(password) = fs::read_to_string(&path) {
        return Ok(password);
    }
    let password = format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?);
    fs::write(&path, &password)?;
    account.own(&path)?;
    Ok(password)
}
