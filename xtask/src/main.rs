//! `cargo xtask`: everything a developer or a workflow does with this repository.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool speaks on standard output"
)]

mod checks;
mod ci;
mod companion;
mod counts;
mod dev;
mod doctor;
mod e2e;
mod entra;
mod entra_emulator;
mod hook;
mod infra;
mod install;
mod package;
mod platform;
mod postgres;
mod process;
mod programs;
#[cfg(test)]
mod scratch;
mod seed;
mod settings;
mod simulate;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use process::Supervisor;

/// The repository's own tasks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the site here, with sample data.
    Dev(dev::Arguments),
    /// Run every test; install the PostgreSQL server and the Chromium they need.
    Test(test::Arguments),
    /// Run the browser tests alone; screenshots go to target/e2e.
    E2e(e2e::Arguments),
    /// Make the app registration of sign-in, or bring it up to date; needs the Azure CLI.
    Entra(entra::Arguments),
    /// Write sample data; the arguments are those of `app seed`.
    Seed(seed::Arguments),
    /// Build what App Service runs: a static binary and its start script, in dist.
    Package,
    /// Run what `package` made as App Service would, with a PostgreSQL server.
    Simulate,
    /// Check infra, azure.yaml, workflows and devcontainer with every checker that is here.
    Infra,
    /// Do the work of one of azd's hooks.
    Hook(Box<hook::Arguments>),
    /// Run every check that a change must pass.
    Ci(ci::Arguments),
    /// Check the rules of the code that no compiler knows.
    Tidy,
    /// Say what is installed, what is missing and what to do.
    Doctor,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    let supervisor = Supervisor::install()?;
    match task {
        Task::Dev(arguments) => dev::run(&arguments, &supervisor),
        Task::Test(arguments) => test::run(&arguments, &supervisor),
        Task::E2e(arguments) => e2e::run(&arguments, &supervisor),
        Task::Entra(arguments) => entra::run(&arguments),
        Task::Seed(arguments) => seed::run(&arguments, &supervisor),
        Task::Package => package::run(&supervisor),
        Task::Simulate => simulate::run(&supervisor),
        Task::Infra => infra::run(&supervisor),
        Task::Hook(arguments) => hook::run(&arguments, &supervisor),
        Task::Ci(arguments) => ci::run(&arguments, &supervisor),
        Task::Tidy => tidy::run(),
        Task::Doctor => Ok(doctor::run()),
    }
}
