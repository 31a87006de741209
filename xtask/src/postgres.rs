//! A local PostgreSQL server, started for one task and stopped with it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::platform::{Account, write_private};
use crate::process::in_own_process_group;
use crate::programs::PostgresPrograms;
use crate::{programs, workspace};

const TEMPORARY_PREFIX: &str = "temporary-postgres-";

/// The tests run in parallel, one database each, and need no durability.
const TEST_OPTIONS: &str = "-c max_connections=400 -c autovacuum_naptime=1h \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off";

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
        server.set_password(password)?;
        server.create_certificate()?;
        let (certificate, key) = (server.certificate(), server.path("server.key"));
        let options = format!("-c ssl_cert_file={certificate} -c ssl_key_file={key}");
        server.start(&format!("-c ssl=on {options}"))
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

    /// The path of an encrypted server's certificate, which is its own issuer.
    pub(crate) fn certificate(&self) -> String {
        self.path("server.crt")
    }

    fn claim_temporary(programs: PostgresPrograms) -> Result<Self> {
        let home = Account::for_postgres()?.home;
        let parent = home.unwrap_or_else(|| workspace::root().join("target"));
        delete_abandoned(&parent, &programs);
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
        let mut server = Self {
            programs,
            account: Account::for_postgres()?,
            port: free_port()?,
            password: fs::read_to_string(folder.join("password")).unwrap_or_default(),
            folder,
            is_temporary,
            _lock: lock,
        };
        server.account.own(&server.folder)?;
        if server.password.is_empty() {
            server.set_password(&workspace::random_key()?)?;
        }
        Ok(server)
    }

    /// Sets the password of a superuser that does not exist yet.
    fn set_password(&mut self, password: &str) -> Result<()> {
        let path = self.folder.join("password");
        write_private(&path, password)?;
        password.clone_into(&mut self.password);
        self.account.own(&path)
    }

    fn start(self, options: &str) -> Result<Self> {
        // The server of a killed process may still run; we hold the lock, so no other process uses it.
        self.stop()?;
        let (data, log) = (self.path("data"), self.path("log"));
        if !Path::new(&data).join("PG_VERSION").exists() {
            self.initialize(&data)?;
        }
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= {options}",
            self.port
        );
        let start = ["start", "-w", "-D", &data, "-l", &log, "-o", &options];
        self.run("pg_ctl", &start)
            .with_context(|| format!("PostgreSQL did not start, its log is {log}"))?;
        Ok(self)
    }

    fn initialize(&self, data: &str) -> Result<()> {
        let password_file = self.path("password");
        // Before version 17 only the C library knows the rules of Unicode.
        let locale = match self.programs.major {
            17.. => "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C",
            _ => "--locale=C.UTF-8",
        };
        let mut arguments = vec!["-D", data, "--pwfile", &password_file];
        arguments.extend(["--username=postgres", "--auth=scram-sha-256"]);
        arguments.extend(["--encoding=UTF8"].into_iter().chain(locale.split(' ')));
        self.run("initdb", &arguments).with_context(|| {
            format!("cannot create a database in {data}; for root, the account `postgres` must be able to reach that folder")
        })
    }

    fn create_certificate(&self) -> Result<()> {
        let openssl = programs::find("openssl");
        let openssl = openssl.context("openssl is missing (Debian: `apt-get install openssl`)")?;
        let arguments = "req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
            -subj /CN=localhost -addext subjectAltName=DNS:localhost \
            -addext basicConstraints=critical,CA:FALSE -keyout server.key -out server.crt";
        let openssl = cmd(openssl, arguments.split_whitespace()).dir(&self.folder);
        run_captured("openssl", &openssl.stdin_null())?;
        self.account.own(&self.folder.join("server.key"))
    }

    fn stop(&self) -> Result<()> {
        let data = self.path("data");
        if !Path::new(&data).join("postmaster.pid").exists() {
            return Ok(());
        }
        let mode = if self.is_temporary {
            "immediate"
        } else {
            "fast"
        };
        self.run("pg_ctl", &["stop", "-w", "-m", mode, "-D", &data])
    }

    /// Runs one of PostgreSQL's programs as the account that it accepts.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let account = self.account.clone();
        let command = cmd(self.programs.path(program), arguments).dir(&self.folder);
        let command = command.before_spawn(move |command| {
            account.run(command);
            Ok(())
        });
        run_captured(program, &in_own_process_group(&command))
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let folder = self.folder.display();
        if let Err(error) = self.stop() {
            eprintln!("warning: cannot stop PostgreSQL in {folder}: {error:#}");
        }
        if self.is_temporary
            && let Err(error) = fs::remove_dir_all(&self.folder)
        {
            eprintln!("warning: cannot delete {folder}: {error}");
        }
    }
}

/// Stops and deletes the temporary servers of killed processes: their lock is free.
fn delete_abandoned(parent: &Path, programs: &PostgresPrograms) {
    for folder in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = folder.file_name();
        if name.to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            drop(PostgresServer::claim(programs.clone(), folder.path(), true));
        }
    }
}

/// # Errors
/// With what the program wrote to its standard error, when it fails.
fn run_captured(name: &str, program: &Expression) -> Result<()> {
    let output = program.stdout_null().stderr_capture().unchecked().run()?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {}", message.trim());
    Ok(())
}

/// A free port on 127.0.0.1.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
