//! The app registration, which `cargo xtask entra` keeps.

use anyhow::{Context, Result};
use duct::cmd;

use super::environment::Environment;
use super::programs::Programs;
use crate::process::Supervisor;

/// Registers the app where sign-in is asked for. Whoever may not register it still gets a site, without sign-in.
pub(super) fn create(
    environment: &Environment,
    programs: &dyn Programs,
    supervisor: &Supervisor,
) -> Result<()> {
    if !environment.wants_sign_in() {
        return Ok(());
    }
    if !entra(&[], supervisor)? {
        println!(
            "postprovision: the app registration is as before; the site is deployed all the same. \
             `cargo xtask entra` tries again; docs/deploy.md, Sign-in, tells how somebody else can make it"
        );
    } else if environment.auth_client_id.is_empty() && !tell_site(environment, programs) {
        println!("postprovision: the site does not know the registration yet: azd provision");
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

/// The Bicep has written the site's settings before there was a registration; from the next time on it writes the same.
pub(super) fn tell_site(environment: &Environment, programs: &dyn Programs) -> bool {
    let value = |name| {
        let answer = programs.ask("azd", &["env", "get-value", name])?;
        let is_set = answer.succeeded && !answer.output.is_empty();
        is_set.then_some(answer.output)
    };
    let Some(client_id) = value("AUTH_CLIENT_ID") else {
        return false;
    };
    let client_id = format!("AZURE_CLIENT_ID={client_id}");
    let tenant_id = value("AUTH_TENANT_ID").map(|id| format!("AZURE_TENANT_ID={id}"));
    let mut arguments = vec!["webapp", "config", "appsettings", "set"];
    arguments.extend(["--subscription", &environment.azure_subscription_id]);
    arguments.extend(["--resource-group", &environment.azure_resource_group]);
    arguments.extend(["--name", &environment.service_web_name]);
    arguments.extend(["--output", "none", "--only-show-errors"]);
    arguments.extend(["--settings", &client_id]);
    arguments.extend(tenant_id.as_deref());
    let answer = programs.ask("az", &arguments);
    answer.is_some_and(|answer| answer.succeeded)
}

fn entra(options: &[&str], supervisor: &Supervisor) -> Result<bool> {
    // This program itself: cargo could not replace it while it runs.
    let xtask = std::env::current_exe().context("cannot find this program")?;
    supervisor.run(&cmd(xtask, ["entra"].iter().chain(options)))
}

#[cfg(test)]
mod tests {
    use super::super::environment::Environment;
    use super::super::programs::recorder::Recorder;
    use super::tell_site;

    #[test]
    fn a_site_learns_of_the_registration_that_was_just_made() {
        let programs = Recorder::default()
            .answers("azd env get-value AUTH_CLIENT_ID", "the-client")
            .answers("azd env get-value AUTH_TENANT_ID", "the-tenant")
            .answers("az webapp", "");
        assert!(tell_site(&Environment::for_rehearsal(), &programs));
        assert!(
            programs.was_asked("--settings AZURE_CLIENT_ID=the-client AZURE_TENANT_ID=the-tenant")
        );
        assert!(programs.was_asked("--resource-group rg-app --name app-site"));
    }

    #[test]
    fn without_a_registration_the_site_is_left_alone() {
        let programs = Recorder::default().refuses("azd env get-value", "key not found");
        assert!(!tell_site(&Environment::for_rehearsal(), &programs));
        assert!(!programs.was_asked("az webapp"));
    }

    #[test]
    fn a_site_that_could_not_be_told_is_known_to_be_one() {
        let programs = Recorder::default()
            .answers("azd env get-value", "an-id")
            .refuses("az webapp", "AuthorizationFailed");
        assert!(!tell_site(&Environment::for_rehearsal(), &programs));
    }
}
