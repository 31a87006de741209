//! `cargo xtask seed`: sample data, written by the app itself.

use std::process::ExitCode;

use anyhow::Result;

use crate::process::Supervisor;
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments of `app seed`; `--help` after `--` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    seed_arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let app = [
        "run",
        "--quiet",
        "--locked",
        "--package",
        "app",
        "--",
        "seed",
    ];
    let seed = workspace::cargo(
        app.into_iter()
            .chain(arguments.seed_arguments.iter().map(String::as_str)),
    );
    let succeeded = supervisor.run(&seed)?;
    Ok(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
