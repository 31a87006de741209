//! A local PostgreSQL server of our own, started and always stopped again.

mod encrypted;
mod folder;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::platform::Account;
use crate::process::sheltered;
use crate::programs::PostgresPrograms;
use crate::workspace;
use folder::ServerFolder;

const THROW_AWAY_PREFIX: &str = "throw-away-postgres-";

/// The tests run in parallel, a database each, and nobody needs their data after a power cut.
const TEST_SETTINGS: &str = "-c max_connections=400 -c autovacuum_naptime=1h \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off";

/// A running server; dropping it stops it.
pub(crate) struct PostgresServer {
    programs: PostgresPrograms,
    folder: ServerFolder,
    port: u16,
    throw_away: bool,
}

impl PostgresServer {
    /// An empty server for tests, removed with its data in the end. What killed runs left goes first.
    pub(crate) fn throw_away(programs: PostgresPrograms) -> Result<Self> {
        Self::claim_throw_away(programs)?.start(TEST_SETTINGS)
    }

    /// The server whose data stay in `folder`.
    pub(crate) fn persistent(programs: PostgresPrograms, folder: PathBuf) -> Result<Self> {
        Self::claim(programs, Account::for_postgres()?, folder, false)?.start("")
    }

    /// The superuser's URL, without a database.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}",
            self.folder.password, self.port
        )
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn claim_throw_away(programs: PostgresPrograms) -> Result<Self> {
        let account = Account::for_postgres()?;
        let parent = account
            .home()
            .unwrap_or_else(|| workspace::root().join("target"));
        remove_leftovers(&parent, &programs, &account);
        let folder = parent.join(format!("{THROW_AWAY_PREFIX}{}", std::process::id()));
        Self::claim(programs, account, folder, true)
    }

    fn claim(
        programs: PostgresPrograms,
        account: Account,
        folder: PathBuf,
        throw_away: bool,
    ) -> Result<Self> {
        let folder = ServerFolder::claim(folder, account)?;
        Ok(Self {
            programs,
            folder,
            port: free_port()?,
            throw_away,
        })
    }

    fn start(self, settings: &str) -> Result<Self> {
        // A run that was killed leaves its server behind; we hold the lock, so it is nobody's.
        self.stop()?;
        let data = self.folder.data();
        if !Path::new(&data).join("PG_VERSION").exists() {
            self.initialise(&data)?;
        }
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= {settings}",
            self.port
        );
        let log = self.folder.log();
        self.run(
            "pg_ctl",
            &["start", "-w", "-D", &data, "-l", &log, "-o", &options],
        )
        .with_context(|| {
            format!(
                "PostgreSQL did not start:\n{}",
                self.folder.last_log_lines()
            )
        })?;
        Ok(self)
    }

    fn initialise(&self, data: &str) -> Result<()> {
        let password_file = self.folder.password_file();
        let mut arguments = vec![
            "-D",
            data,
            "--username=postgres",
            "--pwfile",
            &password_file,
        ];
        arguments.extend(["--auth=scram-sha-256", "--encoding=UTF8"]);
        // Before version 17 the rules of Unicode come from the C library alone.
        if self.programs.major >= 17 {
            arguments.extend([
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            ]);
        } else {
            arguments.push("--locale=C.UTF-8");
        }
        self.run("initdb", &arguments).with_context(|| {
            let folder = self.folder.path.display();
            format!("cannot create a database in {folder}; for root, the account `postgres` must be able to reach that folder")
        })
    }

    fn stop(&self) -> Result<()> {
        let data = self.folder.data();
        if !Path::new(&data).join("postmaster.pid").exists() {
            return Ok(());
        }
        let mode = if self.throw_away { "immediate" } else { "fast" };
        self.run("pg_ctl", &["stop", "-w", "-m", mode, "-D", &data])
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let output = self.command(program, arguments).run()?;
        let message = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program}: {}", message.trim());
        Ok(())
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Expression {
        let account = self.folder.account.clone();
        let command = cmd(self.programs.path(program), arguments).dir(&self.folder.path);
        let command = command.before_spawn(move |command| {
            account.assume(command);
            Ok(())
        });
        sheltered(&command)
            .stdout_null()
            .stderr_capture()
            .unchecked()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let folder = self.folder.path.display();
        if let Err(error) = self.stop() {
            eprintln!("warning: cannot stop PostgreSQL in {folder}: {error:#}");
        }
        if self.throw_away
            && let Err(error) = fs::remove_dir_all(&self.folder.path)
        {
            eprintln!("warning: cannot remove {folder}: {error}");
        }
    }
}

/// Stops and removes the servers of runs that were killed: their lock is free.
fn remove_leftovers(parent: &Path, programs: &PostgresPrograms, account: &Account) {
    let folders = fs::read_dir(parent).into_iter().flatten().flatten();
    let leftovers = folders.filter(|folder| {
        folder
            .file_name()
            .to_string_lossy()
            .starts_with(THROW_AWAY_PREFIX)
    });
    for leftover in leftovers {
        drop(PostgresServer::claim(
            programs.clone(),
            account.clone(),
            leftover.path(),
            true,
        ));
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
