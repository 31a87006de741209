//! `cargo xtask infra`: every check of the infrastructure, the workflows and the devcontainer that can run here.

mod azure;
mod bicep;
mod checkers;
mod schemas;
mod settings;

use std::process::ExitCode;

use anyhow::Result;

use crate::checks::{Check, Report};
use crate::process::Supervisor;
use crate::test;

pub(crate) use settings::{SiteSetting, site_settings, site_text};

pub(crate) const CHECKS: [Check; 16] = [
    Check {
        sentence: "The app knows every setting that the Bicep gives it.",
        run: settings::check,
    },
    Check {
        sentence: "The Bicep compiles without a remark.",
        run: bicep::compile,
    },
    Check {
        sentence: "The Bicep keeps every rule of its linter.",
        run: bicep::lint,
    },
    Check {
        sentence: "The infrastructure has no unjustified weakness.",
        run: checkers::weaknesses,
    },
    Check {
        sentence: "azure.yaml follows its schema.",
        run: schemas::azure,
    },
    Check {
        sentence: "The devcontainer follows its schema.",
        run: schemas::devcontainer,
    },
    Check {
        sentence: "The devcontainer's compose file follows its schema.",
        run: schemas::compose,
    },
    Check {
        sentence: "The workflows follow their schema.",
        run: schemas::workflows,
    },
    Check {
        sentence: "The settings of Dependabot follow their schema.",
        run: schemas::dependabot,
    },
    Check {
        sentence: "The workflows make sense.",
        run: checkers::workflows,
    },
    Check {
        sentence: "The workflows are safe.",
        run: checkers::workflow_safety,
    },
    Check {
        sentence: "The history holds no secret.",
        run: checkers::secrets,
    },
    Check {
        sentence: "The Dockerfiles follow good practice.",
        run: checkers::dockerfiles,
    },
    Check {
        sentence: "The shell scripts are sound.",
        run: checkers::shell_scripts,
    },
    Check {
        sentence: "The PowerShell scripts parse.",
        run: checkers::powershell_scripts,
    },
    Check {
        sentence: "az accepts every call of the hooks.",
        run: azure::calls,
    },
];

/// Each check counts as one in the last line.
pub(crate) fn run(supervisor: &Supervisor) -> Result<ExitCode> {
    let mut report = Report::default();
    report.run(&CHECKS, supervisor)?;
    println!("\n{}", report.summary());
    Ok(test::report(report.counts))
}
