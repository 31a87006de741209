//! The measured servers: a site for each dataset, and the floor.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use super::scene::Dataset;
use crate::entra_emulator::EntraEmulator;
use crate::postgres::{PostgresServer, free_port};
use crate::process::{self, BackgroundProcess};
use crate::programs::PostgresPrograms;
use crate::{simulate, workspace};

/// A server that does not respond for so long does not start at all.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Who signs in: an ordinary user of the Entra ID emulator.
const PERSON: &str = "alice";

/// The databases: of a PostgreSQL server, or SQLite files.
pub(super) enum Databases {
    Postgres(PostgresServer, PostgresPrograms),
    Sqlite(PathBuf),
}

impl Databases {
    /// Creates an empty database and returns its URL.
    pub(super) fn create(&self, name: &str) -> Result<String> {
        match self {
            Self::Postgres(..) => {
                self.psql("postgres", &format!("CREATE DATABASE \"{name}\""))?;
                Ok(self.url(name))
            }
            Self::Sqlite(folder) => Ok(format!("sqlite://{}/{name}.db", folder.display())),
        }
    }

    /// Updates the statistics of the planner, and what autovacuum would do during the measurement.
    pub(super) fn analyze(&self, name: &str) -> Result<()> {
        match self {
            Self::Postgres(..) => self.psql(name, "VACUUM ANALYZE"),
            Self::Sqlite(_) => Ok(()),
        }
    }

    pub(super) fn url(&self, name: &str) -> String {
        match self {
            Self::Postgres(server, _) => format!("{}/{name}", server.url()),
            Self::Sqlite(_) => String::new(),
        }
    }

    /// The postmaster.
    pub(super) fn pid(&self) -> Result<Option<u32>> {
        match self {
            Self::Postgres(server, _) => server.pid().map(Some),
            Self::Sqlite(_) => Ok(None),
        }
    }

    fn psql(&self, database: &str, sql: &str) -> Result<()> {
        let Self::Postgres(_, programs) = self else {
            return Ok(());
        };
        let (psql, url) = (programs.path("psql"), self.url(database));
        cmd!(psql, "-q", "-d", url, "-c", sql)
            .run()
            .with_context(|| format!("psql: {sql}"))?;
        Ok(())
    }
}

/// A running server; killed when dropped.
pub(super) struct Site {
    pub(super) url: String,
    pub(super) pid: u32,
    pub(super) start: Duration,
    /// The request header with a session, where the site has sign-in.
    pub(super) cookie: Option<String>,
    _process: BackgroundProcess,
}

impl Site {
    /// Loads a dataset, starts the program on it, and signs in.
    pub(super) fn of_dataset(
        program: &Path,
        emulator: &Path,
        dataset: &Dataset,
        database_url: &str,
    ) -> Result<Self> {
        let port = free_port()?;
        let mut settings = vec![
            ("DATABASE_URL".to_owned(), database_url.to_owned()),
            ("PORT".to_owned(), port.to_string()),
            ("LOG_FORMAT".to_owned(), "json".to_owned()),
        ];
        for seed in dataset.seeds {
            let seed = app(program, &format!("seed {seed}"), &settings).stderr_null();
            ensure!(process::run(&seed)?, "failed: {seed:?}");
        }
        if !dataset.sign_in {
            return Self::start(&app(program, "serve", &settings), port, "/readyz");
        }
        let redirect_uri = format!("http://localhost:{port}/auth/callback");
        // Needed for the sign-in alone: the site keeps the session in its database.
        let emulator = EntraEmulator::start(emulator, &redirect_uri)?;
        settings.extend(emulator.settings.iter().cloned());
        settings.push(("SESSION_SECRET_KEY".to_owned(), workspace::random_key()?));
        settings.push(("AZURE_REDIRECT_URI".to_owned(), redirect_uri));
        let site = Self::start(&app(program, "serve", &settings), port, "/readyz")?;
        Ok(Self {
            cookie: Some(sign_in(port)?),
            ..site
        })
    }

    /// Starts a server and waits until a path returns 200.
    pub(super) fn start(server: &Expression, port: u16, path: &str) -> Result<Self> {
        let since = Instant::now();
        let process = BackgroundProcess::start(&server.stdout_null())?;
        while simulate::status(port, path) != Some(200) {
            ensure!(
                since.elapsed() < START_LIMIT,
                "a server does not start: {server:?}"
            );
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            pid: process.pid(),
            start: since.elapsed(),
            cookie: None,
            _process: process,
        })
    }
}

/// The program with these settings alone.
fn app(program: &Path, arguments: &str, settings: &[(String, String)]) -> Expression {
    let app = cmd(program, arguments.split(' ')).dir(folder());
    app.full_env(settings.iter().cloned()).stdout_null()
}

/// Starts the floor on a page as the site serves it, and on the query behind the page.
pub(super) fn start_floor(page_of: &Site, database_url: &str, query: &str) -> Result<Site> {
    let manifest = workspace::root().join("xtask/bench-floor/Cargo.toml");
    let target = workspace::root().join("target/bench-floor");
    let (manifest, target) = (manifest.to_string_lossy(), target.to_string_lossy());
    let build = "cargo build --release --locked {} --manifest-path {} --target-dir {}";
    let build = workspace::command(build, &[workspace::REPORT, &manifest, &target]);
    let [floor] = workspace::build(&build, ["bench-floor"])?;
    let page = folder().join("page.html");
    cmd!("curl", "-sSf", "-o", &page, format!("{}/", page_of.url)).run()?;
    let port = free_port()?;
    let address = format!("127.0.0.1:{port}");
    Site::start(&cmd!(floor, address, database_url, page, query), port, "/")
}

/// Signs in as a browser would and returns the request header with the session.
fn sign_in(port: u16) -> Result<String> {
    let jar = folder().join("cookies");
    fs::remove_file(&jar).ok();
    let path = jar.to_string_lossy();
    let curl = |options: &str, value: &str| {
        let curl = format!("curl -sSf -o /dev/null -b {{}} -c {{}} {options}");
        workspace::command(&curl, &[&path, &path, value]).read()
    };
    let login = format!("http://localhost:{port}/auth/login");
    let login = curl("-w %{redirect_url} {}", &login)?;
    curl("-L {}", &format!("{login}&login_hint={PERSON}"))?;
    let cookies = fs::read_to_string(&jar)?;
    let mut lines = cookies.lines();
    let session = lines.find_map(|line| line.split_once("\tsession\t"));
    let (_, session) = session.context("the sign-in gave no session")?;
    let header = format!("Cookie: session={session}");
    let profile = format!("http://127.0.0.1:{port}/auth/profile");
    let request = "curl -sS -o /dev/null -w %{http_code} -H {} {}";
    let status = workspace::command(request, &[&header, &profile]).read()?;
    ensure!(
        status == "200",
        "the profile page responds with {status} to the session"
    );
    Ok(header)
}

/// Where the results are written, and what the measurement needs.
pub(super) fn folder() -> PathBuf {
    workspace::root().join("target/bench")
}
