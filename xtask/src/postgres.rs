//! A local PostgreSQL server of our own, started and always stopped again.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::platform::Account;
use crate::process::sheltered;
use crate::programs::PostgresPrograms;
use crate::workspace;

const THROW_AWAY_PREFIX: &str = "throw-away-postgres-";

/// Limits for tests, which run in parallel with a database each, and whose data nobody needs after a power cut.
const TEST_SETTINGS: &str = "-c max_connections=400 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum_naptime=1h";

/// A running server; dropping it stops it.
pub(crate) struct PostgresServer {
    programs: PostgresPrograms,
    account: Account,
    folder: PathBuf,
    port: u16,
    password: String,
    throw_away: bool,
    _lock: File,
}

impl PostgresServer {
    /// An empty server for tests, removed with its data in the end. Leftovers of killed runs go first.
    pub(crate) fn throw_away(programs: PostgresPrograms) -> Result<Self> {
        let account = Account::for_postgres()?;
        let parent = account
            .home()
            .unwrap_or_else(|| workspace::root().join("target"));
        remove_leftovers(&parent, &programs, &account);
        let folder = parent.join(format!("{THROW_AWAY_PREFIX}{}", std::process::id()));
        Self::claim(programs, account, folder, true)?.start(TEST_SETTINGS)
    }

    /// The server whose data stay in `folder`.
    pub(crate) fn persistent(programs: PostgresPrograms, folder: PathBuf) -> Result<Self> {
        Self::claim(programs, Account::for_postgres()?, folder, false)?.start("")
    }

    /// The superuser's URL, without a database.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}",
            self.password, self.port
        )
    }

    /// Takes the folder for ourselves, so that no other run uses it as long as we live.
    fn claim(
        programs: PostgresPrograms,
        account: Account,
        folder: PathBuf,
        throw_away: bool,
    ) -> Result<Self> {
        account
            .create_folder(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let lock = lock(&folder)
            .with_context(|| format!("another run uses {}: end it first", folder.display()))?;
        let password = password(&folder, &account)?;
        let port = free_port()?;
        Ok(Self {
            programs,
            account,
            folder,
            port,
            password,
            throw_away,
            _lock: lock,
        })
    }

    fn start(self, settings: &str) -> Result<Self> {
        // A run that was killed leaves its server behind; we hold the lock, so it is nobody's.
        self.stop()?;
        if !self.data().join("PG_VERSION").exists() {
            self.initialise()?;
        }
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= {settings}",
            self.port
        );
        let (data, log) = (self.data(), self.log());
        let (data, log) = (data.to_string_lossy(), log.to_string_lossy());
        self.run(
            "pg_ctl",
            &[
                "start", "-w", "-t", "60", "-D", &data, "-l", &log, "-o", &options,
            ],
        )
        .with_context(|| {
            format!(
                "PostgreSQL did not start; its log ends with: {}",
                last_lines(&self.log())
            )
        })?;
        Ok(self)
    }

    fn initialise(&self) -> Result<()> {
        let mut arguments = vec![
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--pwfile",
        ];
        let password_file = self.folder.join("password");
        let password_file = password_file.to_string_lossy();
        arguments.push(&password_file);
        // Before version 17 the rules of Unicode come from the C library alone.
        if self.programs.major >= 17 {
            arguments.extend([
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ]);
        } else {
            arguments.push("--locale=C.UTF-8");
        }
        let data = self.data();
        let data = data.to_string_lossy();
        arguments.extend(["-D", &data]);
        self.run("initdb", &arguments).with_context(|| {
            format!("cannot create a database in {}: the account `postgres` must be able to reach that folder when you are root", self.folder.display())
        })
    }

    fn stop(&self) -> Result<()> {
        if !self.data().join("postmaster.pid").exists() {
            return Ok(());
        }
        let mode = if self.throw_away { "immediate" } else { "fast" };
        self.run(
            "pg_ctl",
            &[
                "stop",
                "-w",
                "-m",
                mode,
                "-D",
                &self.data().to_string_lossy(),
            ],
        )
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let output = self.command(program, arguments).run()?;
        let message = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program}: {}", message.trim());
        Ok(())
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Expression {
        let account = self.account.clone();
        let command = cmd(self.programs.path(program), arguments)
            .dir(&self.folder)
            .before_spawn(move |command| {
                account.assume(command);
                Ok(())
            });
        sheltered(&command)
            .stdout_null()
            .stderr_capture()
            .unchecked()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!(
                "warning: cannot stop PostgreSQL in {}: {error:#}",
                self.folder.display()
            );
        }
        if self.throw_away {
            fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// Stops and removes the servers of runs that were killed: their lock is free.
fn remove_leftovers(parent: &Path, programs: &PostgresPrograms, account: &Account) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let leftovers = entries.filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(THROW_AWAY_PREFIX)
    });
    for folder in leftovers.map(|entry| entry.path()) {
        drop(PostgresServer::claim(
            programs.clone(),
            account.clone(),
            folder,
            true,
        ));
    }
}

fn lock(folder: &Path) -> Result<File> {
    let lock = File::create(folder.join("lock"))?;
    lock.try_lock()?;
    Ok(lock)
}

/// The superuser's password: other people on this machine can reach the port too.
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

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
