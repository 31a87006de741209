//! `cargo xtask dev`: the site on this machine, with sample data and the Entra ID emulator.

use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use duct::{Expression, cmd};

use crate::entra_emulator::EntraEmulator;
use crate::postgres::PostgresServer;
use crate::process::BackgroundProcess;
use crate::workspace::regex;
use crate::{install, process, settings, workspace};

/// Both programs, so that their dependencies have the same features each time.
const BUILD: &str = "cargo build --locked {} --package app --package entra-emulator";

/// The first ports to try; the devcontainer labels them.
const SITE_PORT: u16 = 8000;
const EMULATOR_PORT: u16 = 8400;

/// The domain of forwarded ports, unless the environment names another.
const FORWARDING_DOMAIN: &str = "app.github.dev";

const WATCH_INTERVAL: Duration = Duration::from_millis(500);

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

/// Settings of the app by their names.
type Settings = BTreeMap<String, String>;

pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    println!("Building the site and the Entra ID emulator. The first build takes several minutes.");
    let build = workspace::command(BUILD, &[workspace::REPORT]);
    let [site, emulator] = workspace::build(&build, ["app", "entra-emulator"])?;
    let port = free_port(SITE_PORT)?;
    let address = address(port);
    let mut settings = Settings::from([("PORT".to_owned(), port.to_string())]);
    // One line for each event, on a terminal and elsewhere.
    set_default(&mut settings, "LOG_FORMAT", "text")?;
    if forwarded_origin(port).is_some() {
        set_default(&mut settings, "BASE_URL", &address)?;
    }
    let (database, _server) = database(arguments, &mut settings)?;
    // A copy, since Windows cannot replace a program that is running.
    let program = site.with_file_name(format!("app-dev{EXE_SUFFIX}"));
    let install = || fs::copy(&site, &program).context("cannot copy the site's program");
    install()?;
    let command = |arguments: &str, settings: &Settings| {
        let command = cmd(&program, arguments.split(' ')).dir(workspace::root());
        let set = |command: Expression, (name, value)| command.env(name, value);
        settings.iter().fold(command, set)
    };
    // It migrates the database first.
    if !process::run(&command("seed --if-empty", &settings))? {
        return Ok(false);
    }
    set_default(&mut settings, "RUST_LOG", SERVE_LOG)?;
    let (sign_in, _emulator) = sign_in(arguments, port, &emulator, &mut settings)?;
    let banner = format!(
        "\n    Site:      {address}\n    Database:  {database}\n    Sign-in:   {sign_in}\n    Ctrl+C stops it.\n"
    );
    let open = arguments.open.then_some(address);
    thread::spawn(move || print_when_listening(port, &banner, open));
    let serve = command("serve", &settings);
    let outcome = if arguments.watch {
        watch(|| {
            install()?;
            BackgroundProcess::start(&serve.stdout_file(os_pipe::dup_stdout()?))
        })
    } else {
        process::run(&serve)
    };
    // Ctrl+C is the expected way to stop.
    Ok(process::is_interrupted() || outcome?)
}

/// Runs the site until Ctrl+C, and restarts it after each change of the code that builds.
fn watch(start: impl Fn() -> Result<BackgroundProcess>) -> Result<bool> {
    let mut site = start()?;
    let outcome = restart_after_changes(&mut site, start);
    site.stop()?;
    outcome.map(|()| true)
}

fn restart_after_changes(
    site: &mut BackgroundProcess,
    start: impl Fn() -> Result<BackgroundProcess>,
) -> Result<()> {
    let build = workspace::command(&BUILD.replace("{}", ""), &[]);
    let mut last = sources()?;
    while !process::is_interrupted() {
        thread::sleep(WATCH_INTERVAL);
        let present = sources()?;
        if last == present {
            continue;
        }
        last = present;
        if process::run(&build)? {
            site.stop()?;
            *site = start()?;
        } else {
            println!("The build failed: the previous site keeps running until the code builds.");
        }
    }
    Ok(())
}

/// The files that the site is built from, with the times of their last changes. Templates and static files are not among
/// them: a development build reads them for each request.
fn sources() -> Result<Vec<(String, Option<SystemTime>)>> {
    let is_source = regex(r"^(app|migrations)/src/|(^|/)Cargo\.toml$|^Cargo\.lock$");
    let mut files = workspace::files(&workspace::root(), ".")?;
    files.retain(|path| is_source.is_match(path));
    let time = |path: &str| workspace::root().join(path).metadata()?.modified();
    let timed = files.into_iter().map(|path| (time(&path).ok(), path));
    Ok(timed.map(|(time, path)| (path, time)).collect())
}

/// Sets what `.env` and the environment do not set.
fn set_default(settings: &mut Settings, name: &str, value: &str) -> Result<()> {
    if settings::get(name)?.is_none() {
        settings.insert(name.to_owned(), value.to_owned());
    }
    Ok(())
}

/// Describes the database, and starts its server if need be.
fn database(
    arguments: &Arguments,
    settings: &mut Settings,
) -> Result<(String, Option<PostgresServer>)> {
    let mut set = |url: String| settings.insert("DATABASE_URL".to_owned(), url);
    if !arguments.postgres {
        set("sqlite://data/app.db".to_owned());
        return Ok(("data/app.db".to_owned(), None));
    }
    let programs = install::postgres_server()?;
    let server = PostgresServer::persistent(programs, workspace::root().join("data/postgres"))?;
    set(format!("{}/postgres", server.url()));
    let address = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let description = format!("{address} (password in data/postgres/password)");
    Ok((description, Some(server)))
}

/// Describes the sign-in. Without `--no-sign-in` it is at an app registration if `.env` or the environment names one, else
/// at the emulator.
fn sign_in(
    arguments: &Arguments,
    port: u16,
    emulator: &Path,
    settings: &mut Settings,
) -> Result<(&'static str, Option<EntraEmulator>)> {
    if arguments.no_sign_in {
        settings.insert("AZURE_CLIENT_ID".to_owned(), String::new());
        return Ok(("off", None));
    }
    if settings::get("AZURE_CLIENT_ID")?.is_some() {
        return Ok(("the app registration of AZURE_CLIENT_ID", None));
    }
    let redirect_uri = format!("{}/auth/callback", address(port));
    let emulator_port = free_port(EMULATOR_PORT)?;
    let browser_origin = forwarded_origin(emulator_port);
    let browser_origin = browser_origin.as_deref();
    let emulator = EntraEmulator::start_at(emulator, &redirect_uri, emulator_port, browser_origin)?;
    // Kept, so that sessions survive a restart.
    let session_key =
        workspace::read_or_create_key(&workspace::root().join("data/session-secret-key"))?;
    let base_url = forwarded_origin(port).unwrap_or_default();
    settings.extend(emulator.settings.iter().cloned());
    settings.extend([
        ("SESSION_SECRET_KEY".to_owned(), session_key),
        ("AZURE_REDIRECT_URI".to_owned(), redirect_uri),
        ("BASE_URL".to_owned(), base_url),
    ]);
    let description =
        "as Alice (a user) or Carol (role Admin); the Entra ID emulator needs no password";
    Ok((description, Some(emulator)))
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
    forwarded_origin(port).unwrap_or_else(|| format!("http://localhost:{port}"))
}

/// The origin at which a browser reaches a port of a GitHub codespace
/// (<https://docs.github.com/codespaces/developing-in-a-codespace/forwarding-ports-in-your-codespace>); `None` outside.
///
/// Programs in the codespace cannot use it: for a private port the response is GitHub's sign-in page.
fn forwarded_origin(port: u16) -> Option<String> {
    forwarded_origin_in(settings::environment_variable, port)
}

fn forwarded_origin_in(variable: impl Fn(&str) -> Option<String>, port: u16) -> Option<String> {
    let variable = |name| variable(name).filter(|value: &String| !value.is_empty());
    let name = variable("CODESPACE_NAME")?;
    let domain = variable("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN");
    let domain = domain.as_deref().unwrap_or(FORWARDING_DOMAIN);
    Some(format!("https://{name}-{port}.{domain}"))
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

#[cfg(test)]
mod tests {
    use super::forwarded_origin_in;

    #[test]
    fn a_port_is_forwarded_under_the_name_of_the_codespace() {
        let origin = |variables: &[(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(other, _)| *other == name);
            forwarded_origin_in(
                |name| find(name).map(|(_, value)| (*value).to_owned()),
                8000,
            )
        };
        let name = ("CODESPACE_NAME", "fluffy-fork-4x7");
        let domain = "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN";
        let public = Some("https://fluffy-fork-4x7-8000.app.github.dev".to_owned());
        let private = Some("https://fluffy-fork-4x7-8000.example.com".to_owned());
        assert_eq!(origin(&[]), None);
        assert_eq!(origin(&[("CODESPACE_NAME", "")]), None);
        assert_eq!(origin(&[name]), public);
        assert_eq!(origin(&[name, (domain, "")]), public);
        assert_eq!(origin(&[name, (domain, "example.com")]), private);
    }
}
