//! `cargo xtask`: the tasks of developers and workflows.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool prints its results"
)]

mod azure;
mod bench;
mod bicep;
mod capacity;
mod checks;
mod ci;
mod dev;
mod doctor;
mod entra;
mod entra_emulator;
mod hook;
mod install;
mod minimal_feature;
mod package;
mod platform;
mod postgres;
mod process;
mod programs;
mod settings;
mod simulate;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of this repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the site on this machine, with sample data and the Entra ID emulator.
    Dev(dev::Arguments),
    /// Run every test; installs PostgreSQL, Chromium, PgBouncer and HAProxy if they are missing.
    Test(test::Arguments),
    /// Run the browser tests; screenshots are written to target/e2e.
    E2e {
        /// Arguments of the test binary, as in `-- --nocapture`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Run three instances under load while servers, networks, disks and instances fail; needs root and Linux.
    Soak {
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Estimate instances, database size and cost for a load; docs/scale.md explains it.
    Capacity(capacity::Arguments),
    /// Create or update the app registration for sign-in; needs the Azure CLI.
    Entra(entra::Arguments),
    /// Load sample data; takes the arguments of `app seed`.
    Seed {
        /// `-- --help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build what App Service runs, a static binary and its start script, in dist.
    Package,
    /// Run the package as App Service would, with a PostgreSQL server.
    Simulate,
    /// Measure the package beside a floor, pgbench and, with --peer, another server.
    Bench(bench::Arguments),
    /// Check infra, azure.yaml, workflows and devcontainer with every checker that is installed.
    Infra,
    /// Run one of azd's hooks.
    Hook(hook::Arguments),
    /// Run every check that a change must pass.
    Ci(ci::Arguments),
    /// Check the rules of the code that rustc, clippy and rustfmt do not check.
    Tidy,
    /// Run the general tests in a copy of the repository with docs/minimal-feature in the example's place.
    MinimalFeature,
    /// List what is installed and what is missing, with advice.
    Doctor,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the task has succeeded; it has printed why if not.
fn run(task: Task) -> anyhow::Result<bool> {
    process::handle_signals()?;
    match task {
        Task::Dev(arguments) => dev::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::E2e { arguments } => test::run_e2e(&arguments),
        Task::Soak { minutes } => test::run_soak(minutes),
        Task::Capacity(arguments) => Ok(capacity::run(&arguments)),
        Task::Entra(arguments) => entra::run(&arguments),
        Task::Seed { arguments } => {
            let seed = "cargo run --quiet --locked --package app -- seed";
            let seed = [workspace::words(seed, &[]), arguments].concat();
            process::run(&workspace::program(&workspace::root(), &seed))
        }
        Task::Package => package::run(),
        Task::Simulate => simulate::run(),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Infra => ci::run_infra(),
        Task::Hook(arguments) => hook::run(&arguments),
        Task::Ci(arguments) => ci::run(&arguments),
        Task::Tidy => tidy::check(&workspace::root()),
        Task::MinimalFeature => minimal_feature::check(),
        Task::Doctor => Ok(doctor::run()),
    }
}
