//! `cargo xtask seed`: loads sample data with `app seed`.

use std::process::ExitCode;

use anyhow::Result;

use crate::process::Supervisor;
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments of `app seed`; `-- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    seed_arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let run = "run --quiet --locked --package app -- seed".split(' ');
    let arguments = arguments.seed_arguments.iter().map(String::as_str);
    let succeeded = supervisor.run(&workspace::cargo(run.chain(arguments)))?;
    Ok(crate::exit_code(succeeded))
}
