//! `cargo xtask dev`: the site on this machine, with sample data.

mod sign_in;

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
use sign_in::SignIn;

const FIRST_PORT: u16 = 8000;
// domain: what the app writes into an empty database.
const SAMPLE_DATA: &str = "seed --if-empty --restaurants 200 --reviews 3000";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Use a PostgreSQL server of its own, whose data stay in data/postgres, instead of SQLite.
    #[arg(long)]
    postgres: bool,
    /// Leave sign-in out, and the Entra emulator with it.
    #[arg(long)]
    no_sign_in: bool,
}

/// What the site keeps its data in.
struct Database {
    url: String,
    /// For the eye: without the password.
    description: String,
    /// Stopped when the site has ended.
    _server: Option<PostgresServer>,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let database = if arguments.postgres {
        postgres(supervisor)?
    } else {
        sqlite()
    };
    let port = free_port()?;
    let app = |command: &str| app(command, &database.url, port);
    let build = workspace::cargo(["build", "--locked", "--package", "app"]);
    for preparation in [build, app("migrate"), app(SAMPLE_DATA)] {
        if !supervisor.run(&preparation)? {
            return Ok(ExitCode::FAILURE);
        }
    }
    let sign_in = sign_in(arguments, port, supervisor)?;
    let banner = banner(port, &database.description, &sign_in.description);
    thread::spawn(move || announce(port, &banner));
    let outcome = supervisor.run(&sign_in.configure(app("serve")));
    // Ctrl-C is how it is meant to end.
    let is_good = supervisor.is_interrupted() || outcome?;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The program with one of its commands.
fn app(command: &str, database_url: &str, port: u16) -> Expression {
    let cargo = "run --quiet --locked --package app --".split(' ');
    let app = workspace::cargo(cargo.chain(command.split(' ')));
    app.env("DATABASE_URL", database_url)
        .env("PORT", port.to_string())
}

fn sign_in(arguments: &Arguments, port: u16, supervisor: &Supervisor) -> Result<SignIn> {
    if arguments.no_sign_in {
        Ok(SignIn::off())
    } else if SignIn::is_configured()? {
        Ok(SignIn::as_configured())
    } else {
        SignIn::emulated(port, supervisor)
    }
}

fn sqlite() -> Database {
    let url = "sqlite://data/app.db".to_owned();
    Database {
        url,
        description: "data/app.db".to_owned(),
        _server: None,
    }
}

fn postgres(supervisor: &Supervisor) -> Result<Database> {
    let programs = install::postgres_server(supervisor)?;
    let server = PostgresServer::persistent(programs, workspace::root().join("data/postgres"))?;
    let description = format!(
        "postgres://postgres@127.0.0.1:{}/postgres (its password is in data/postgres/password)",
        server.port()
    );
    Ok(Database {
        url: format!("{}/postgres", server.url()),
        description,
        _server: Some(server),
    })
}

/// Prints the banner as soon as the app listens.
fn announce(port: u16, banner: &str) {
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        thread::sleep(Duration::from_millis(50));
    }
    println!("{banner}");
}

fn banner(port: u16, database: &str, sign_in: &str) -> String {
    let site = format!("http://localhost:{port}");
    format!(
        "\n    The site:  {site}\n    Its data:  {database}\n    Sign-in:   {sign_in}\n    Ctrl-C ends it.\n"
    )
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
