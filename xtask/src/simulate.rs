//! `cargo xtask simulate`: runs the package as App Service would, with the Bicep's settings and PostgreSQL over TLS.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail, ensure};
use duct::{Expression, cmd};

use crate::bicep::{self, SiteSetting};
use crate::entra_emulator::EntraEmulator;
use crate::postgres::{PostgresServer, free_port};
use crate::process::{self, BackgroundProcess};
use crate::{install, package, platform, workspace};

/// The states in which the files can arrive; the last two lack the execute bits.
const STATES: [&str; 3] = ["packed", "not-executable", "read-only"];

/// Arguments: state, folder of the site, start script, then NAME=VALUE of each variable.
const ENTER: &str = include_str!("simulate.sh");

/// App Service waits this long for the health check of a starting site.
const START_LIMIT: Duration = Duration::from_secs(230);

/// The Bicep's variables with the settings of a site that is deployed as a zip, with the default choices.
const VARIABLES: [&str; 3] = ["settings", "stopSettings", "zipSettings"];

/// Values of the settings that the Bicep computes.
const COMPUTED: &str = include_str!("simulate.env");

/// Variables that App Service itself sets.
const PLATFORM: &str =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/home WEBSITE_SKU=Basic
    WEBSITE_HOSTNAME=site.example WEBSITE_INSTANCE_ID=instance WEBSITE_SITE_NAME=site";

/// Runs the package in every state in which it can arrive.
pub(crate) fn run() -> Result<bool> {
    let program = package::folder().join(package::PROGRAM);
    ensure!(cfg!(target_os = "linux"), "App Service runs Linux");
    ensure!(program.exists(), "run `cargo xtask package` first");
    let programs = install::postgres_server()?;
    let emulator = EntraEmulator::build()?;
    let emulator = EntraEmulator::start(&emulator, "http://localhost/auth/callback")?;
    let settings = bicep::site_settings()?;
    let mut site = Site {
        settings,
        emulator,
        database: None,
    };
    let mut token = site.variables(1)?;
    token.extend([program.to_string_lossy().into(), "database-token".into()]);
    let token = cmd("env", ["-i".into()].into_iter().chain(token)).read()?;
    site.database = Some(PostgresServer::encrypted(programs, &token)?);
    let mut is_good = true;
    for state in STATES {
        println!("\n==> The site starts and stops, its files are {state}.");
        let outcome = site.visit(state);
        if let Err(error) = &outcome {
            eprintln!("error: {error:#}; see target/simulate/{state}/log");
        }
        ensure!(!process::is_interrupted(), "interrupted");
        is_good &= outcome.is_ok();
    }
    Ok(is_good)
}

/// Waits until the condition is met, and returns for how many milliseconds.
fn wait(limit: Duration, is_met: impl Fn() -> Result<bool>) -> Result<u128> {
    let since = Instant::now();
    while !is_met()? {
        ensure!(since.elapsed() < limit, "not within {limit:?}");
        ensure!(!process::is_interrupted(), "interrupted");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(since.elapsed().as_millis())
}

/// A program with the rights that mounting needs; sudo passes signals on.
fn as_root(words: &[String]) -> Expression {
    let sudo = if platform::is_root() { "" } else { "sudo -n" };
    let sudo = workspace::words(sudo, &[]);
    workspace::program(&workspace::root(), &[&sudo, words].concat())
}

/// A site with App Service's own variables and the settings of the Bicep.
struct Site {
    settings: Vec<SiteSetting>,
    /// The source of the managed identity's tokens.
    emulator: EntraEmulator,
    database: Option<PostgresServer>,
}

impl Site {
    /// Starts the site, waits for its health check, requests the first page and stops the site.
    fn visit(&self, state: &str) -> Result<()> {
        let (health, port) = (bicep::site_text("healthCheckPath: ")?, free_port()?);
        let site = self.start(state, port)?;
        let start = wait(START_LIMIT, || {
            ensure!(site.exit_code()?.is_none(), "it stopped at once");
            Ok(status(port, &health) == Some(200))
        });
        let start = start.context("it is not healthy")?;
        ensure!(status(port, "/") == Some(200), "the first page is not 200");
        let terminate = workspace::words("kill -TERM {}", &[&site.pid().to_string()]);
        as_root(&terminate).run()?;
        // App Service waits for so many seconds after SIGTERM before it kills the site.
        let name = "WEBSITES_CONTAINER_STOP_TIME_LIMIT";
        let limit = self.settings.iter().find(|setting| setting.name == name);
        let limit = limit.and_then(|limit| literal(&limit.value)?.parse().ok());
        let limit = limit.with_context(|| format!("the Bicep does not set {name}"))?;
        let has_stopped = || Ok(site.exit_code()?.is_some());
        let stop = wait(Duration::from_secs(limit), has_stopped);
        let stop = stop.context("it does not stop after SIGTERM")?;
        let exit_code = site.exit_code()?.unwrap_or_default();
        ensure!(exit_code == 0, "its exit code is {exit_code}");
        println!("healthy after {start} ms; stopped {stop} ms after SIGTERM");
        Ok(())
    }

    fn start(&self, state: &str, port: u16) -> Result<BackgroundProcess> {
        let folder = workspace::root().join("target/simulate").join(state);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder)?;
        let (site, script) = (folder.join("site"), folder.join("start.sh"));
        cmd!("cp", "-R", package::folder(), &site).run()?;
        // The platform's own script runs the command as it is, without an `exec`.
        fs::write(&script, bicep::site_text("var startCommand = ")? + "\n")?;
        let (site, script) = (site.to_string_lossy(), script.to_string_lossy());
        let mut words = workspace::words("sh -c {} sh {} {} {}", &[ENTER, state, &site, &script]);
        words.extend(self.variables(port)?);
        let program = match state {
            "read-only" => as_root(&[workspace::words("unshare --mount", &[]), words].concat()),
            _ => workspace::program(&folder, &words),
        };
        BackgroundProcess::start(&program.stderr_to_stdout().stdout_path(folder.join("log")))
    }

    /// The variables of a site that listens on this port, as NAME=VALUE.
    fn variables(&self, port: u16) -> Result<Vec<String>> {
        let mut variables: Vec<_> = PLATFORM.split_whitespace().map(str::to_owned).collect();
        variables.push(format!("PORT={port}"));
        let mut identity = self.emulator.settings.clone();
        identity.retain(|(name, _)| name.starts_with("IDENTITY_"));
        variables.extend(
            identity
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        let settings = self.settings.iter();
        for setting in settings.filter(|setting| VARIABLES.contains(&setting.variable.as_str())) {
            let variable = format!("{}={}", setting.name, self.value(setting)?);
            variables.extend([format!("APPSETTING_{variable}"), variable]);
        }
        Ok(variables)
    }

    fn value(&self, setting: &SiteSetting) -> Result<String> {
        let name = setting.name.as_str();
        let mut computed = COMPUTED.lines();
        let computed = computed.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        if let Some(value) = literal(&setting.value).or(computed) {
            return Ok(value.to_owned());
        }
        match name {
            "AZURE_MANAGED_IDENTITY_CLIENT_ID" => Ok(self.emulator.identity.clone()),
            "AZURE_POSTGRESQL_CONNECTIONSTRING" => self.connection_string(),
            "SESSION_SECRET_KEY" => workspace::random_key(),
            _ => bail!(
                "the Bicep sets {name}, which has no value in xtask/src/simulate.env or simulate.rs"
            ),
        }
    }

    /// The connection string of the Bicep, for our own server.
    fn connection_string(&self) -> Result<String> {
        let (port, certificate) = match &self.database {
            None => (5432, String::new()),
            Some(server) => (
                server.port,
                format!(" sslrootcert={}", server.path("server.crt")),
            ),
        };
        let string = bicep::site_text("var passwordless = ")?
            .replace("${databaseHost}", "localhost")
            .replace("${databaseName}", "postgres")
            .replace("${databasePort}", &port.to_string())
            .replace("${identityName}", "postgres");
        Ok(string + &certificate)
    }
}

/// The text of a Bicep literal without computed parts.
fn literal(value: &str) -> Option<&str> {
    let text = value.strip_prefix('\'')?.strip_suffix('\'')?;
    (!text.contains("${")).then_some(text)
}

/// The status of a page; `None` where nothing responds.
pub(crate) fn status(port: u16, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    let timeout = Some(Duration::from_secs(20));
    stream.set_read_timeout(timeout).ok()?;
    let headers = "Host: site.example\r\nConnection: close\r\n\r\n";
    write!(stream, "GET {path} HTTP/1.1\r\n{headers}").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    line.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn only_a_literal_without_computed_parts_is_used_as_it_is() {
        assert_eq!(literal("'20s'"), Some("20s"));
        assert_eq!(literal("'${secret}${name})'"), None);
        assert_eq!(literal("string(databasePoolSize)"), None);
    }
}
