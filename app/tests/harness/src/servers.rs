//! Database servers that are started for one test: a primary, standbys, and PgBouncer.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Only connections from this machine; durability only by a synchronous standby.
const OPTIONS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
    -c wal_receiver_status_interval=1s -c wal_retrieve_retry_interval=200ms -c max_connections=100 \
    -c max_wal_size=128MB -c min_wal_size=32MB";

/// A PostgreSQL server; stopped and deleted when it is dropped.
pub struct PostgresServer {
    folder: PathBuf,
    pub port: u16,
}

/// PgBouncer in front of a server; killed when it is dropped.
pub struct PgBouncer {
    folder: PathBuf,
    process: Child,
    database_port: u16,
    pub port: u16,
}

impl PostgresServer {
    /// An empty primary.
    pub fn primary() -> Self {
        Self::primary_in(&std::env::temp_dir())
    }

    /// An empty primary whose data are in a folder of this one.
    pub fn primary_in(folder: &Path) -> Self {
        let server = Self::create(folder);
        let data = server.data();
        let options = [
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ];
        run(
            "initdb",
            &[&["-D", &data, "--no-sync"], &options[..]].concat(),
        );
        server.start();
        server
    }

    /// A standby that streams from this server, with its data in the same parent folder.
    #[must_use]
    pub fn standby(&self) -> Self {
        let parent = self.folder.parent().expect("a folder of a folder");
        let standby = Self::create(parent);
        let primary = format!("host=127.0.0.1 port={} user=postgres", self.port);
        let data = standby.data();
        let options = ["-X", "stream", "-c", "fast", "-R", "--no-sync"];
        run(
            "pg_basebackup",
            &[&["-D", &data, "-d", &primary], &options[..]].concat(),
        );
        standby.start();
        standby
    }

    pub fn start(&self) {
        let (data, log) = (self.data(), self.path("log"));
        let options = format!("{OPTIONS} -c port={}", self.port);
        run(
            "pg_ctl",
            &["start", "-w", "-D", &data, "-l", &log, "-o", &options],
        );
    }

    /// Stops the server as a crash does.
    pub fn crash(&self) {
        run(
            "pg_ctl",
            &["stop", "-w", "-m", "immediate", "-D", &self.data()],
        );
    }

    /// Whether the server runs; a full disk may have stopped it.
    pub fn is_running(&self) -> bool {
        let mut status = command(&program("pg_ctl"));
        let status = status
            .args(["status", "-D", &self.data()])
            .stdout(Stdio::null())
            .status();
        status.expect("pg_ctl runs").success()
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        run("pg_ctl", &["promote", "-w", "-D", &self.data()]);
    }

    /// Runs one of PostgreSQL's programs on a database of the server, as `pg_dump`.
    pub fn run(&self, program: &str, arguments: &[&str]) {
        let port = self.port.to_string();
        let server = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        run(program, &[&server[..], arguments].concat());
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The path of a file that the server's programs can write.
    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    fn create(parent: &Path) -> Self {
        Self {
            folder: own_folder(parent, "postgres"),
            port: free_port(),
        }
    }

    fn data(&self) -> String {
        self.path("data")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut stop = command(&program("pg_ctl"));
        let stop = stop.args(["stop", "-m", "immediate", "-D", &self.data()]);
        drop(stop.stdout(Stdio::null()).stderr(Stdio::null()).status());
        drop(fs::remove_dir_all(&self.folder));
    }
}

impl PgBouncer {
    /// Starts PgBouncer in front of a server; each setting is a line of its configuration, as `pool_mode = session`.
    pub fn start(server: &PostgresServer, settings: &[&str]) -> Self {
        Self::start_at(server.port, settings)
    }

    /// Starts PgBouncer in front of the server at this port.
    pub fn start_at(database_port: u16, settings: &[&str]) -> Self {
        let folder = own_folder(&std::env::temp_dir(), "pgbouncer");
        let port = free_port();
        write_configuration(&folder, port, database_port, settings);
        let process = start_pgbouncer(&folder);
        Self {
            folder,
            process,
            database_port,
            port,
        }
    }

    /// Replaces the settings and reloads them.
    pub fn reload(&self, settings: &[&str]) {
        write_configuration(&self.folder, self.port, self.database_port, settings);
        let pid = self.process.id().to_string();
        let signalled = Command::new("kill").args(["-HUP", &pid]).status();
        assert!(signalled.expect("kill runs").success());
    }

    /// Kills PgBouncer and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        self.process = start_pgbouncer(&self.folder);
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The major and the minor version; `None` where PgBouncer is not installed.
    pub fn version() -> Option<(u32, u32)> {
        let output = Command::new(pgbouncer()).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut parts = text.split_whitespace().nth(1)?.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn write_configuration(folder: &Path, port: u16, database_port: u16, settings: &[&str]) {
    let users = folder.join("users");
    fs::write(&users, "\"postgres\" \"\"\n").expect("a file");
    let text = format!(
        "[databases]\n* = host=127.0.0.1 port={database_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n{}\n",
        users.display(),
        settings.join("\n")
    );
    fs::write(folder.join("pgbouncer.ini"), text).expect("a file");
}

fn start_pgbouncer(folder: &Path) -> Child {
    let log = fs::File::create(folder.join("log")).expect("a file");
    command(&pgbouncer())
        .arg(folder.join("pgbouncer.ini"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("PgBouncer starts")
}

fn run(name: &str, arguments: &[&str]) {
    // Not a pipe: the server would keep it open.
    let log = std::env::temp_dir().join(format!("run_{:016x}", rand::random::<u64>()));
    let file = fs::File::create(&log).expect("a file");
    let mut command = command(&program(name));
    let command = command.args(arguments).stdin(Stdio::null());
    let command = command.stdout(Stdio::null()).stderr(file);
    let status = command.status().expect(name);
    let text = fs::read_to_string(&log).unwrap_or_default();
    drop(fs::remove_file(&log));
    assert!(status.success(), "{name} {arguments:?}: {text}");
}

/// Runs the program as another account than root, which PostgreSQL and PgBouncer reject.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(id) = account() {
        command.uid(id).gid(id);
    }
    command
}

/// The account `postgres`, where this process runs as root.
fn account() -> Option<u32> {
    let id = |arguments: &[&str]| -> u32 {
        let output = Command::new("id")
            .args(arguments)
            .output()
            .expect("id runs");
        let text = String::from_utf8(output.stdout).expect("text");
        text.trim().parse().expect("an account named postgres")
    };
    (id(&["-u"]) == 0).then(|| id(&["-u", "postgres"]))
}

fn own_folder(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.join(format!("{name}_{:016x}", rand::random::<u64>()));
    fs::create_dir(&folder).expect("a folder");
    if let Some(id) = account() {
        chown(&folder, Some(id), Some(id)).expect("another owner");
    }
    folder
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn program(name: &str) -> PathBuf {
    setting("TEST_POSTGRES_BIN").join(name)
}

fn pgbouncer() -> PathBuf {
    setting("TEST_PGBOUNCER")
}

fn setting(name: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    let value = std::env::var_os(name);
    let missing = || panic!("{name} is not set: `cargo xtask test` sets it");
    value.map_or_else(missing, PathBuf::from)
}
