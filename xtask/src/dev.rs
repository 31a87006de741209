//! `cargo xtask dev`: the site on this machine, with sample data.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use duct::Expression;

use crate::install;
use crate::postgres::PostgresServer;
use crate::process::Supervisor;
use crate::workspace;

const FIRST_PORT: u16 = 8000;
// domain: what the app writes into an empty database.
const SAMPLE_DATA: &str = "seed --if-empty --restaurants 200 --reviews 3000";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Use a PostgreSQL server of its own, whose data stay in data/postgres, instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let server = if arguments.postgres {
        Some(start_postgres(supervisor)?)
    } else {
        None
    };
    let database_url = server
        .as_ref()
        .map_or("sqlite://data/app.db".to_owned(), database_url);
    let port = free_port()?;
    let app = |command: &str| {
        let cargo = "run --quiet --locked --package app --".split(' ');
        let app = workspace::cargo(cargo.chain(command.split(' ')));
        app.env("DATABASE_URL", &database_url)
            .env("PORT", port.to_string())
    };
    let build = workspace::cargo(["build", "--locked", "--package", "app"]);
    for preparation in [build, app("migrate"), app(SAMPLE_DATA)] {
        if !supervisor.run(&preparation)? {
            return Ok(ExitCode::FAILURE);
        }
    }
    serve(&app("serve"), port, &database_url, supervisor)
}

/// Runs the app until it ends by itself or somebody presses Ctrl-C, which is how it is meant to end.
fn serve(
    app: &Expression,
    port: u16,
    database_url: &str,
    supervisor: &Supervisor,
) -> Result<ExitCode> {
    let banner = banner(port, database_url);
    thread::spawn(move || announce(port, &banner));
    let outcome = supervisor.run(app);
    if supervisor.is_interrupted() || outcome? {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// Prints the banner as soon as the app listens.
fn announce(port: u16, banner: &str) {
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        thread::sleep(Duration::from_millis(50));
    }
    println!("{banner}");
}

fn banner(port: u16, database_url: &str) -> String {
    format!(
        "\n    The site:  http://localhost:{port}\n    Its data:  {database_url}\n    Ctrl-C ends it.\n"
    )
}

fn start_postgres(supervisor: &Supervisor) -> Result<PostgresServer> {
    let folder = workspace::root().join("data").join("postgres");
    PostgresServer::persistent(install::postgres_server(supervisor)?, folder)
}

fn database_url(server: &PostgresServer) -> String {
    format!("{}/postgres", server.url())
}

/// The usual port, or the next one that nobody listens on.
fn free_port() -> Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = (FIRST_PORT..FIRST_PORT + 100).find(is_free);
    let port = port.with_context(|| format!("no free port from {FIRST_PORT} on"))?;
    if port != FIRST_PORT {
        println!("Port {FIRST_PORT} is taken: using {port}.");
    }
    Ok(port)
}
