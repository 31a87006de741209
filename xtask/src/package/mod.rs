//! `cargo xtask package`: what App Service runs, in `dist/`.

mod build;
mod folder;
mod version;

use std::process::ExitCode;

use anyhow::Result;

use crate::process::Supervisor;
use crate::workspace;

pub(crate) use build::{COMPILER_ADVICE, can_compile};
pub(crate) use folder::{PROGRAM, START_SCRIPT, folder};

/// Builds the program and fills `dist/` anew.
pub(crate) fn run(supervisor: &Supervisor) -> Result<ExitCode> {
    let Some(program) = build::static_program(supervisor)? else {
        return Ok(ExitCode::FAILURE);
    };
    let version = version::describe(&workspace::root());
    let size = folder::fill(&folder(), &program, &version)?;
    println!(
        "{}: {version}, {:.1} MiB. `cargo xtask simulate` tries it, `azd deploy` deploys it.",
        folder().display(),
        mebibytes(size)
    );
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
