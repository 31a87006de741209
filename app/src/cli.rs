//! The command line: `app serve` and the other commands.

use std::io::{ErrorKind, Write as _, stdout};
use std::mem::take;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::{self, Config, Settings};
use crate::database::{self, Database, PendingMigrations};
use crate::health;
#[cfg(feature = "sample-data")]
use crate::sample_data::{SeedOptions, seed};
use crate::server;
use crate::state::AppState;
use crate::telemetry::Telemetry;

/// The version with the commit and its date, if `cargo xtask package` has built the program.
const VERSION: &str = match option_env!("APP_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// The groups of settings that commands with a database read.
const DATABASE_GROUPS: [&str; 3] = ["Database", "Calls to other services", "Telemetry"];

/// The site in one binary.
#[derive(Parser)]
#[command(version = VERSION)]
#[command(
    after_help = "Settings come from flags, the environment or a .env file. `--help` shows all of them."
)]
#[command(
    after_long_help = "Settings come from flags, the environment or a .env file, in this order."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Subcommand)]
enum Command {
    /// Serve the site (the default command); migrates the database first.
    Serve(ServeOptions),
    /// Migrate the database to this build's schema, then exit.
    Migrate,
    /// Load sample data into the database.
    #[cfg(feature = "sample-data")]
    Seed(SeedOptions),
    /// Check whether the site on this machine is alive; exit code 0 if it is.
    Healthcheck,
    /// Print an Entra token for the database server, to be used as psql's password.
    DatabaseToken,
    /// Print the completion script of a shell: `source <(app completions bash)`.
    Completions { shell: Shell },
}

/// Whether a command reads this setting; its help leaves the others out.
fn reads(command: &str, group: &str, setting: &str) -> bool {
    match command {
        "migrate" | "seed" | "database-token" => DATABASE_GROUPS.contains(&group),
        "healthcheck" => ["host", "port"].contains(&setting),
        "completions" | "help" => false,
        _ => true,
    }
}

/// The command line, with the settings of each command only in its help.
fn command_line() -> clap::Command {
    let mut command_line = Cli::command();
    // Gives every command the global arguments.
    command_line.build();
    for command in command_line.get_subcommands_mut() {
        let name = command.get_name().to_owned();
        *command = take(command).mut_args(|arg| {
            let group = arg.get_help_heading();
            let is_other = group.is_some_and(|group| !reads(&name, group, arg.get_id().as_str()));
            let is_hidden = is_other || arg.is_hide_set();
            arg.hide(is_hidden)
        });
    }
    command_line
}

#[derive(Clone, Default, clap::Args)]
struct ServeOptions {
    /// Apply no migrations: wait until `app migrate` has applied them, and serve nothing meanwhile.
    #[arg(long)]
    no_migrate: bool,
}

/// Runs the command of the command line. The futures are compiled with the library, not once more with the binary.
pub fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("app: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let dotenv = config::load_dotenv()?;
    let cli = Cli::from_arg_matches(&command_line().get_matches())?;
    let config = Config::from_settings(&cli.settings, &dotenv)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let command = cli
        .command
        .unwrap_or(Command::Serve(ServeOptions::default()));
    runtime.block_on(run(command, config))
}

async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    // Their standard output holds the token or the script and nothing else.
    let quiet = matches!(
        command,
        Command::DatabaseToken | Command::Completions { .. }
    );
    let telemetry = (!quiet).then(|| Telemetry::start(&config)).transpose()?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let grace = config.http.shutdown_grace;
    let stopped_at = OnceLock::new();
    let result = execute(command, config, &stopped_at).await;
    if let Some(telemetry) = telemetry {
        let spent = stopped_at.get().map(Instant::elapsed).unwrap_or_default();
        telemetry.stop(grace.saturating_sub(spent)).await;
    }
    result
}

async fn execute(
    command: Command,
    config: Config,
    stopped_at: &OnceLock<Instant>,
) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => serve(config, &options, stopped_at).await,
        Command::Migrate => Database::open(&config)?.migrate().await,
        #[cfg(feature = "sample-data")]
        Command::Seed(options) => {
            let database = Database::open(&config)?;
            database.migrate().await?;
            seed(database.connection(), &options).await
        }
        Command::Healthcheck => health::check(&config.http).await,
        Command::DatabaseToken => print_database_token(&config).await,
        Command::Completions { shell } => print_completions(shell),
    }
}

/// Prints the script at once: a reader such as `head` may close the pipe before its end.
fn print_completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_line(), "app", &mut script);
    match stdout().write_all(&script) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print the script"),
    }
}

#[expect(clippy::print_stdout, reason = "the token is the command's result")]
async fn print_database_token(config: &Config) -> anyhow::Result<()> {
    println!("{}", database::database_token(config).await?);
    Ok(())
}

async fn serve(
    config: Config,
    options: &ServeOptions,
    stopped_at: &OnceLock<Instant>,
) -> anyhow::Result<()> {
    let stop_signal = server::stop_signal()?;
    let listener = server::bind(&config.http).await?;
    let state = AppState::new(config)?;
    let pending = if options.no_migrate {
        PendingMigrations::Await
    } else {
        PendingMigrations::Apply
    };
    start_background_tasks(&state, pending);
    let stop = async {
        stop_signal.await;
        let _ = stopped_at.set(Instant::now());
    };
    server::serve(listener, state, stop).await
}

fn start_background_tasks(state: &AppState, pending: PendingMigrations) {
    tokio::spawn(state.database.clone().keep_ready(pending));
    tokio::spawn(state.database.clone().measure_replicas());
    let rate_limiters = state.rate_limiters.clone();
    tokio::spawn(async move { rate_limiters.clean_up_periodically().await });
    if let Some(sign_in) = state.sign_in.clone() {
        tokio::spawn(async move { sign_in.clean_up_periodically().await });
    }
}
