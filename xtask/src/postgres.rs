//! A local PostgreSQL server, started for one task and stopped with it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::install::advice;
use crate::platform::{Account, write_private};
use crate::process::{self, in_own_process_group};
use crate::programs::{self, PostgresPrograms};
use crate::workspace;

const TEMPORARY_PREFIX: &str = "temporary-postgres-";

/// The tests run in parallel, one database each, and need no durability. One of them reads the log of the last seconds.
const TEST_OPTIONS: &str = "-c max_connections=400 -c autovacuum_naptime=1h \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c wal_keep_size=1GB";

/// A running server; dropping it stops it.
pub(crate) struct PostgresServer {
    programs: PostgresPrograms,
    account: Account,
    /// Data, log, password, certificate and lock.
    folder: PathBuf,
    pub(crate) port: u16,
    /// The superuser's: other users of this machine can reach the port too.
    password: String,
    /// Whether the folder is deleted when the server stops.
    is_temporary: bool,
    /// Released by the operating system as soon as this process ends, however it ends.
    _lock: File,
}

impl PostgresServer {
    /// An empty server for tests, deleted with its data when dropped.
    pub(crate) fn temporary(programs: PostgresPrograms) -> Result<Self> {
        Self::claim_temporary(programs)?.start(TEST_OPTIONS)
    }

    /// A server whose data are kept in `folder`.
    pub(crate) fn persistent(programs: PostgresPrograms, folder: PathBuf) -> Result<Self> {
        Self::claim(programs, folder, false)?.start("")
    }

    /// A temporary server that offers TLS, with a certificate for `localhost` and this password of the superuser.
    pub(crate) fn encrypted(programs: PostgresPrograms, password: &str) -> Result<Self> {
        let mut server = Self::claim_temporary(programs)?;
        write_private(&server.folder.join("password"), password)?;
        password.clone_into(&mut server.password);
        server.create_certificate()?;
        server.start("-c ssl=on -c ssl_cert_file=../server.crt -c ssl_key_file=../server.key")
    }

    /// The superuser's URL, without a database.
    pub(crate) fn url(&self) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://postgres:{password}@127.0.0.1:{port}")
    }

    /// The process that starts all others of the server.
    pub(crate) fn pid(&self) -> Result<u32> {
        let file = fs::read_to_string(self.path("data/postmaster.pid"))?;
        let line = file.lines().next().context("postmaster.pid is empty")?;
        Ok(line.trim().parse()?)
    }

    fn claim_temporary(programs: PostgresPrograms) -> Result<Self> {
        let home = Account::for_postgres()?.home;
        let parent = home.unwrap_or_else(|| workspace::root().join("target"));
        for folder in fs::read_dir(&parent).into_iter().flatten().flatten() {
            let name = folder.file_name();
            if name.to_string_lossy().starts_with(TEMPORARY_PREFIX) {
                // Stops and deletes the server of a killed process: its lock is free.
                drop(Self::claim(programs.clone(), folder.path(), true));
            }
        }
        let folder = parent.join(format!("{TEMPORARY_PREFIX}{}", std::process::id()));
        Self::claim(programs, folder, true)
    }

    /// Locks the folder for this process and creates it if need be.
    fn claim(programs: PostgresPrograms, folder: PathBuf, is_temporary: bool) -> Result<Self> {
        let name = folder.display();
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {name}"))?;
        let lock = File::create(folder.join("lock"))?;
        let lock_advice = || format!("another process uses {name}: stop it first");
        lock.try_lock().with_context(lock_advice)?;
        let account = Account::for_postgres()?;
        let password = workspace::read_or_create_key(&folder.join("password"))?;
        account.own(&folder)?;
        account.own(&folder.join("password"))?;
        Ok(Self {
            programs,
            account,
            port: free_port()?,
            password,
            folder,
            is_temporary,
            _lock: lock,
        })
    }

    fn start(self, options: &str) -> Result<Self> {
        // The server of a killed process may still run; we hold the lock, so no other process uses it.
        self.stop()?;
        if !self.folder.join("data/PG_VERSION").exists() {
            self.initialize()?;
        }
        let network = "-c listen_addresses=127.0.0.1 -c unix_socket_directories=";
        let options = format!("{network} -c port={} {options}", self.port);
        let started = self.run("pg_ctl start -w -D data -l log -o {}", &[&options]);
        started.with_context(|| {
            format!("PostgreSQL did not start, its log is {}", self.path("log"))
        })?;
        Ok(self)
    }

    fn initialize(&self) -> Result<()> {
        // Before version 17 only the C library knows the rules of Unicode.
        let locale = match self.programs.major {
            17.. => "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C",
            _ => "--locale=C.UTF-8",
        };
        let initdb = "initdb -D data --pwfile password --username=postgres --auth=scram-sha-256 --encoding=UTF8";
        let created = self.run(&format!("{initdb} {locale}"), &[]);
        created.with_context(|| {
            let folder = self.folder.display();
            format!("cannot create a database in {folder}; for root, the account `postgres` must be able to reach that folder")
        })
    }

    fn create_certificate(&self) -> Result<()> {
        let is_installed = programs::is_installed("openssl");
        ensure!(is_installed, "openssl is missing: {}", advice(&["openssl"]));
        let openssl = "openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
            -subj /CN=localhost -addext subjectAltName=DNS:localhost \
            -addext basicConstraints=critical,CA:FALSE -keyout server.key -out server.crt";
        let openssl = workspace::program(&self.folder, &workspace::words(openssl, &[]));
        process::read(&openssl.stdin_null()).context("openssl")?;
        self.account.own(&self.folder.join("server.key"))
    }

    fn stop(&self) -> Result<()> {
        if !self.folder.join("data/postmaster.pid").exists() {
            return Ok(());
        }
        let mode = if self.is_temporary {
            "immediate"
        } else {
            "fast"
        };
        self.run(&format!("pg_ctl stop -w -m {mode} -D data"), &[])
    }

    /// Runs one of PostgreSQL's programs in the server's folder, as the account that it accepts.
    fn run(&self, template: &str, values: &[&str]) -> Result<()> {
        let mut words = workspace::words(template, values);
        let path = self.programs.path(&words[0]).to_string_lossy().into_owned();
        let name = std::mem::replace(&mut words[0], path);
        let account = self.account.clone();
        let program = workspace::program(&self.folder, &words).before_spawn(move |command| {
            account.run(command);
            Ok(())
        });
        // The server must not keep a pipe of ours open.
        let program = in_own_process_group(&program.stdout_null());
        process::read(&program).with_context(|| name).map(drop)
    }

    /// The path of a file in the server's folder. `server.crt` is the self-signed certificate of an encrypted server.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut outcome = self.stop();
        if self.is_temporary && outcome.is_ok() {
            outcome = fs::remove_dir_all(&self.folder).map_err(Into::into);
        }
        if let Err(error) = outcome {
            let folder = self.folder.display();
            eprintln!("warning: cannot stop PostgreSQL in {folder}, or delete it: {error:#}");
        }
    }
}

/// A free port on 127.0.0.1.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
