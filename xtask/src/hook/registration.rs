//! The app registration, which `cargo xtask entra` keeps.

use anyhow::{Context, Result};
use duct::cmd;

use super::environment::Environment;
use crate::process::Supervisor;

/// Registers the app where sign-in is asked for. Whoever may not register it still gets a site, without sign-in.
pub(super) fn create(environment: &Environment, supervisor: &Supervisor) -> Result<()> {
    if environment.wants_sign_in() && !entra(&[], supervisor)? {
        println!(
            "postprovision: the app registration is as before; the site is deployed all the same. \
             `cargo xtask entra` tries again; docs/deploy.md, Sign-in, tells how somebody else can make it"
        );
    }
    Ok(())
}

/// Deletes the registration, if it is one that `cargo xtask entra` has made.
pub(super) fn delete(environment: &Environment, supervisor: &Supervisor) -> Result<()> {
    let client_id = &environment.auth_client_id;
    if !client_id.is_empty() && !entra(&["--remove"], supervisor)? {
        println!(
            "postdown: the app registration {client_id} is still there: `cargo xtask entra --remove` tries again"
        );
    }
    Ok(())
}

fn entra(options: &[&str], supervisor: &Supervisor) -> Result<bool> {
    // This program itself: cargo could not replace it while it runs.
    let xtask = std::env::current_exe().context("cannot find this program")?;
    supervisor.run(&cmd(xtask, ["entra"].iter().chain(options)))
}
