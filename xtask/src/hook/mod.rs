//! `cargo xtask hook`: what azd's hooks do; `azure.yaml` says when.

mod azure;
mod environment;
mod graph;
mod postdeploy;
mod preprovision;
mod programs;
mod provider;
mod registration;
mod subscription;

use std::process::ExitCode;

use anyhow::Result;

use crate::package;
use crate::process::Supervisor;
use environment::{DeployMode, Environment};
use programs::Installed;

pub(crate) use programs::{Answer, Programs};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The hook, as azd calls it.
    #[arg(value_enum)]
    hook: Hook,
    #[command(flatten)]
    environment: Environment,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Hook {
    /// Say what would stop the deployment, before anything is created.
    Preprovision,
    /// Make the zip's content, in zip mode.
    Prepackage,
    /// Register the app, where sign-in is asked for.
    Postprovision,
    /// Wait until the site answers, and print its addresses.
    Postdeploy,
    /// Delete the app registration.
    Postdown,
}

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    let Arguments { hook, environment } = arguments;
    let succeeded = match hook {
        Hook::Preprovision => preprovision::run(environment, &Installed),
        Hook::Prepackage => return prepackage(environment, supervisor),
        Hook::Postprovision => {
            registration::create(environment, &Installed, supervisor).map(|()| true)?
        }
        Hook::Postdeploy => postdeploy::run(environment, &Installed),
        Hook::Postdown => registration::delete(environment, supervisor).map(|()| true)?,
    };
    Ok(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Goes through every call of az that the hooks make.
pub(crate) fn rehearse(programs: &dyn Programs) {
    let environment = Environment::for_rehearsal();
    preprovision::check(&environment, programs);
    registration::tell_site(&environment, programs);
}

fn prepackage(environment: &Environment, supervisor: &Supervisor) -> Result<ExitCode> {
    if environment.deploy_mode() == Some(DeployMode::Container) {
        println!("prepackage: nothing to do, the registry builds the image");
        return Ok(ExitCode::SUCCESS);
    }
    package::run(supervisor)
}

#[cfg(test)]
mod tests {
    /// A hook of the project runs for `azd up` and `azd package`, but not for `azd deploy`; one of the service always.
    #[test]
    fn the_zip_is_built_anew_whenever_azd_packs_it() {
        let project = include_str!("../../../azure.yaml");
        let (services, hooks) = project.split_once("\nhooks:\n").unwrap();
        let (zip, container) = services.split_once("\n  web-container:\n").unwrap();
        assert!(zip.contains("run.sh prepackage") && zip.contains("run.ps1 prepackage"));
        assert!(!container.contains("prepackage") && !hooks.contains("prepackage"));
    }
}
