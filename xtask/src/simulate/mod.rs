//! `cargo xtask simulate`: runs what `cargo xtask package` made as App Service would.

mod environment;
mod facts;
mod machine;
mod site;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::entra_emulator::EntraEmulator;
use crate::infra::SiteSetting;
use crate::postgres::PostgresServer;
use crate::process::Supervisor;
use crate::{install, package};
use environment::{DATABASE_HOST, Surroundings};
use facts::SiteFacts;
use site::Site;

/// In which state the files arrive, and the word for it that `enter.sh` knows.
const MANNERS: [(&str, &str); 3] = [
    ("as packed", "packed"),
    (
        "without permissions, as a zip from Windows",
        "without-permissions",
    ),
    ("without permissions and read-only", "read-only"),
];

/// All that is the same for every run.
struct Simulation<'a> {
    site: SiteFacts,
    /// Its tokens are the server's password.
    emulator: EntraEmulator,
    server: PostgresServer,
    /// Root file system of the machines.
    root: PathBuf,
    /// What is deployed.
    dist: PathBuf,
    supervisor: &'a Supervisor,
}

/// Tries the package in every state in which it may arrive.
pub(crate) fn run(supervisor: &Supervisor) -> Result<ExitCode> {
    let simulation = Simulation::prepare(supervisor)?;
    let mut is_good = true;
    for (description, manner) in MANNERS {
        println!("\n==> The site starts and stops, {description}.");
        is_good &= simulation.try_once(manner)?;
    }
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl<'a> Simulation<'a> {
    fn prepare(supervisor: &'a Supervisor) -> Result<Self> {
        let dist = package::folder();
        for file in [package::PROGRAM, package::START_SCRIPT] {
            let is_there = dist.join(file).exists();
            ensure!(
                is_there,
                "dist/{file} is missing: `cargo xtask package` makes it"
            );
        }
        let site = SiteFacts::read()?;
        let root = machine::root(supervisor)?;
        let programs = install::postgres_server(supervisor)?;
        let emulator = EntraEmulator::start("http://localhost/auth/callback", supervisor)?;
        let token = database_token(&dist, &site.settings, &emulator)?;
        Ok(Self {
            site,
            server: PostgresServer::encrypted(programs, DATABASE_HOST, &token)?,
            emulator,
            root,
            dist,
            supervisor,
        })
    }

    /// Says how the run went, and whether it was good.
    fn try_once(&self, manner: &str) -> Result<bool> {
        let port = free_port()?;
        let log = machine::folder()?.join(format!("{manner}.log"));
        let program = in_namespaces(&self.arguments(manner, port)?)?;
        let site = Site::start(&program, port, &log)?;
        match site.visit(&self.site.health, self.site.stop_limit, self.supervisor) {
            Ok(run) => {
                println!(
                    "healthy after {} ms; gone {} ms after SIGTERM, exit code {}",
                    run.start.as_millis(),
                    run.stop.as_millis(),
                    run.exit_code
                );
                Ok(run.exit_code == 0)
            }
            Err(error) if self.supervisor.is_interrupted() => Err(error),
            Err(error) => {
                eprintln!("error: {error:#}\n{}", last_lines(&log));
                Ok(false)
            }
        }
    }

    /// What `enter.sh` wants to know.
    fn arguments(&self, manner: &str, port: u16) -> Result<Vec<String>> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut arguments = vec![
            path(&machine::script()?),
            path(&machine::mount_point()?),
            path(&self.root),
            path(&self.dist),
            manner.to_owned(),
            path(&self.server.authority()),
            DATABASE_HOST.to_owned(),
            self.site.command.clone(),
        ];
        let surroundings = Surroundings {
            emulator: &self.emulator,
            database_port: self.server.port(),
        };
        let variables = surroundings.variables(&self.site.settings, port)?;
        arguments.extend(
            variables
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        Ok(arguments)
    }
}

/// What the packaged program itself would sign in to the database with.
fn database_token(
    dist: &Path,
    settings: &[SiteSetting],
    emulator: &EntraEmulator,
) -> Result<String> {
    let nowhere = Surroundings {
        emulator,
        database_port: 1,
    };
    let command = cmd!(dist.join(package::PROGRAM), "database-token");
    let command = command.full_env(nowhere.variables(settings, 1)?);
    command.read().context("`app database-token` failed")
}

/// `sh` with these arguments, as process 1 of a machine of its own that shares our network.
fn in_namespaces(arguments: &[String]) -> Result<Expression> {
    let namespaces = [
        "--mount",
        "--pid",
        "--ipc",
        "--uts",
        "--fork",
        "--kill-child",
    ];
    let shell = ["--propagation", "private", "sh"];
    let arguments = arguments.iter().map(String::as_str);
    let arguments: Vec<&str> = namespaces
        .into_iter()
        .chain(shell)
        .chain(arguments)
        .collect();
    machine::as_root("unshare", &arguments)
}

/// The end of the site's log, and where the rest of it is.
fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(10)..].join("\n");
    format!("{end}\n(all of it: {})", log.display())
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
