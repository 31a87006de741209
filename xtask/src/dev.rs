//! `cargo xtask dev`: the site on this machine, with sample data and the Entra ID emulator.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use duct::{Expression, cmd};

use crate::entra_emulator::EntraEmulator;
use crate::platform::write_private;
use crate::postgres::PostgresServer;
use crate::process::ForegroundProcess;
use crate::{codespace, install, process, settings, workspace};

/// Both programs, so that their dependencies have the same features each time.
const BUILD: &str = "cargo build --locked {} --package app --package entra-emulator";

/// The first ports to try; the devcontainer labels them.
const SITE_PORT: u16 = 8000;
const EMULATOR_PORT: u16 = 8400;

const WATCH_INTERVAL: Duration = Duration::from_millis(500);
const SAMPLE_DATA: &str = "seed --if-empty";

/// The app's default log filter, without the migrations, which `app seed` has logged already.
const SERVE_LOG: &str = "info,salvo=warn,sqlx=warn,sea_orm_migration=warn";

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags")]
pub(crate) struct Arguments {
    /// Start a local PostgreSQL server and use it instead of SQLite; its data is in data/postgres.
    #[arg(long)]
    postgres: bool,
    /// Run without sign-in and without the Entra ID emulator.
    #[arg(long)]
    no_sign_in: bool,
    /// Build and restart the site when its code changes; while the code does not build, the previous site keeps running.
    #[arg(long)]
    watch: bool,
    /// Open the site in the browser.
    #[arg(long)]
    open: bool,
}

/// What the site uses: the settings of the app for it, its description, and its process if this command started it,
/// which ends when this is dropped.
type Dependency<T> = (Vec<(String, String)>, String, Option<T>);

fn with_settings(site: Expression, settings: &[(String, String)]) -> Expression {
    let settings = settings.iter();
    settings.fold(site, |site, (name, value)| site.env(name, value))
}

pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    println!("Building the site and the Entra ID emulator. The first build takes several minutes.");
    let build = workspace::command(BUILD, &[workspace::REPORT]);
    let [site, emulator] = workspace::build(&build, ["app", "entra-emulator"])?;
    let (database_settings, database, _server) = database(arguments)?;
    let port = free_port(SITE_PORT)?;
    // A copy, since Windows cannot replace a program that is running.
    let program = site.with_file_name(format!("app-dev{EXE_SUFFIX}"));
    let install = || fs::copy(&site, &program).context("cannot copy the site's program");
    install()?;
    let site = |arguments: &str| {
        let site = cmd(&program, arguments.split(' ')).dir(workspace::root());
        let site = with_settings(site.env("PORT", port.to_string()), &database_settings);
        // One line for each event, on a terminal and elsewhere.
        let site = with_default(site, "LOG_FORMAT", "text")?;
        match codespace::forwarded_origin(port) {
            Some(origin) => with_default(site, "BASE_URL", &origin),
            None => Ok(site),
        }
    };
    // It migrates the database first.
    if !process::run(&site(SAMPLE_DATA)?)? {
        return Ok(false);
    }
    let (sign_in_settings, sign_in, _emulator) = sign_in(arguments, port, &emulator)?;
    let address = address(port);
    let banner = format!(
        "\n    Site:      {address}\n    Database:  {database}\n    Sign-in:   {sign_in}\n    Ctrl+C stops it.\n"
    );
    let open = arguments.open.then_some(address);
    thread::spawn(move || print_when_listening(port, &banner, open));
    let serve = with_default(site("serve")?, "RUST_LOG", SERVE_LOG)?;
    let serve = with_settings(serve, &sign_in_settings);
    let outcome = if arguments.watch {
        watch(|| install().and_then(|_| ForegroundProcess::start(&serve)))
    } else {
        process::run(&serve)
    };
    // Ctrl+C is the expected way to stop.
    Ok(process::is_interrupted() || outcome?)
}

/// Runs the site until Ctrl+C, and restarts it after each change of the code that builds.
fn watch(start: impl Fn() -> Result<ForegroundProcess>) -> Result<bool> {
    let build = workspace::command(&BUILD.replace("{}", ""), &[]);
    let mut site = start()?;
    let mut last = sources()?;
    while !process::is_interrupted() {
        thread::sleep(WATCH_INTERVAL);
        let current = sources()?;
        if current == last {
            continue;
        }
        last = current;
        if process::run(&build)? {
            drop(site);
            site = start()?;
        } else {
            println!("The build failed: the previous site keeps running until the code builds.");
        }
    }
    Ok(true)
}

/// The files that the site is built from, with the times of their last changes. Templates and static files are
/// not among them: a development build reads them for each request.
fn sources() -> Result<Vec<(String, Option<SystemTime>)>> {
    let is_source = |path: &String| {
        path.starts_with("app/src/")
            || path.starts_with("migrations/src/")
            || path.ends_with("Cargo.toml")
            || path == "Cargo.lock"
    };
    let changed = |path: String| {
        let metadata = workspace::root().join(&path).metadata();
        let time = metadata.and_then(|metadata| metadata.modified());
        (path, time.ok())
    };
    let files = workspace::files(&workspace::root(), ".")?;
    Ok(files.into_iter().filter(is_source).map(changed).collect())
}

/// The site with a setting that `.env` and the environment do not set.
fn with_default(site: Expression, name: &str, value: &str) -> Result<Expression> {
    Ok(match settings::get(name)? {
        Some(_) => site,
        None => site.env(name, value),
    })
}

fn database(arguments: &Arguments) -> Result<Dependency<PostgresServer>> {
    let url = |url: &str| vec![("DATABASE_URL".to_owned(), url.to_owned())];
    if !arguments.postgres {
        return Ok((url("sqlite://data/app.db"), "data/app.db".to_owned(), None));
    }
    let programs = install::postgres_server()?;
    let server = PostgresServer::persistent(programs, workspace::root().join("data/postgres"))?;
    let (url, port) = (url(&format!("{}/postgres", server.url())), server.port);
    let description = format!(
        "postgres://postgres@127.0.0.1:{port}/postgres (password in data/postgres/password)"
    );
    Ok((url, description, Some(server)))
}

/// Without `--no-sign-in`: an app registration if `.env` or the environment names one, else the emulator.
fn sign_in(arguments: &Arguments, port: u16, emulator: &Path) -> Result<Dependency<EntraEmulator>> {
    if arguments.no_sign_in {
        let off = vec![("AZURE_CLIENT_ID".to_owned(), String::new())];
        return Ok((off, "off".to_owned(), None));
    }
    if settings::get("AZURE_CLIENT_ID")?.is_some() {
        let description = "the app registration of AZURE_CLIENT_ID";
        return Ok((Vec::new(), description.to_owned(), None));
    }
    let redirect_uri = format!("{}/auth/callback", address(port));
    let emulator_port = free_port(EMULATOR_PORT)?;
    let browser_origin = codespace::forwarded_origin(emulator_port);
    let browser_origin = browser_origin.as_deref();
    let emulator = EntraEmulator::start_at(emulator, &redirect_uri, emulator_port, browser_origin)?;
    let mut settings = emulator.settings.clone();
    settings.extend([
        ("SESSION_SECRET_KEY".to_owned(), session_key()?),
        ("AZURE_REDIRECT_URI".to_owned(), redirect_uri),
        (
            "BASE_URL".to_owned(),
            codespace::forwarded_origin(port).unwrap_or_default(),
        ),
    ]);
    let description =
        "as Alice (a user) or Carol (role Admin); the Entra ID emulator needs no password";
    Ok((settings, description.to_owned(), Some(emulator)))
}

/// Created once and kept, so that sessions survive a restart.
fn session_key() -> Result<String> {
    let path = workspace::root().join("data/session-secret-key");
    if let Ok(key) = fs::read_to_string(&path) {
        return Ok(key);
    }
    let key = workspace::random_key()?;
    fs::create_dir_all(workspace::root().join("data"))?;
    write_private(&path, &key).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(key)
}

/// Prints the banner, and opens an address in the browser.
fn print_when_listening(port: u16, banner: &str, open: Option<String>) {
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        thread::sleep(Duration::from_millis(50));
    }
    println!("{banner}");
    if let Some(site) = open
        && let Err(error) = open::that_detached(&site)
    {
        println!("Cannot open a browser ({error}): visit {site}.");
    }
}

/// Where a browser reaches the site.
fn address(port: u16) -> String {
    codespace::forwarded_origin(port).unwrap_or_else(|| format!("http://localhost:{port}"))
}

/// The first free port from this one on.
fn free_port(first: u16) -> Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = (first..first + 100).find(is_free);
    let port = port.with_context(|| format!("no free port from {first} on"))?;
    if port != first {
        println!("Port {first} is in use: using {port}.");
    }
    Ok(port)
}
