//! What would stop the deployment, said in plain words before anything is created.

use super::azure::{Azure, Finding, unless_unknown};
use super::environment::{DeployMode, Environment};
use super::programs::Programs;
use super::{graph, provider, subscription};
use crate::package;

/// Container deployments of older versions overwrite settings of the site.
const OLDEST_AZD: (u32, u32) = (1, 29);

const NOT_SIGNED_IN: &str =
    "az is not signed in to this subscription, which azd's own sign-in does not do: az login";

/// Prints every problem and remark; succeeds where there is no problem.
pub(super) fn run(environment: &Environment, programs: &dyn Programs) -> bool {
    let findings = check(environment, programs);
    for finding in &findings {
        match finding {
            Finding::Good => {}
            Finding::Problem(text) => eprintln!("preprovision: {text}"),
            Finding::Remark(text) => println!("preprovision: {text}"),
        }
    }
    !findings
        .iter()
        .any(|finding| matches!(finding, Finding::Problem(_)))
}

pub(super) fn check(environment: &Environment, programs: &dyn Programs) -> Vec<Finding> {
    let mut findings = vec![
        azd_version(programs),
        deploy_mode(environment),
        compiler(environment, programs),
        sign_in_wish(environment),
    ];
    match sign_in(environment, programs) {
        Ok(azure) => findings.extend(check_azure(environment, &azure)),
        Err(finding) => findings.push(finding),
    }
    findings
}

fn azd_version(programs: &dyn Programs) -> Finding {
    let answer = programs.ask("azd", &["version"]).unwrap_or_default();
    match azd_release(&answer.output) {
        Some(release) if release < OLDEST_AZD => Finding::Problem(format!(
            "azd {}.{} or newer is needed, this is {}.{}: https://aka.ms/azd-install",
            OLDEST_AZD.0, OLDEST_AZD.1, release.0, release.1
        )),
        _ => Finding::Good,
    }
}

/// Reads `azd version 1.29.0 (commit …)`. A build of azd's own developers, 0.0.0, has no release.
fn azd_release(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once("azd version ")?.1.split_once('.')?;
    let (minor, _) = rest.split_once('.')?;
    let release = (major.parse().ok()?, minor.parse().ok()?);
    (release != (0, 0)).then_some(release)
}

fn deploy_mode(environment: &Environment) -> Finding {
    if environment.deploy_mode().is_some() {
        return Finding::Good;
    }
    Finding::Problem(format!(
        "DEPLOY_MODE is {}, but must be zip or container: azd env set DEPLOY_MODE zip",
        environment.deploy_mode
    ))
}

/// azd packs while it provisions: what is missing would show when half of the resources are there.
fn compiler(environment: &Environment, programs: &dyn Programs) -> Finding {
    let is_installed = |name: &str| programs.ask(name, &["--version"]).is_some();
    if environment.deploy_mode() != Some(DeployMode::Zip) || package::can_compile(is_installed) {
        return Finding::Good;
    }
    Finding::Problem(format!(
        "the zip needs a C compiler: {}, or let the registry build a container: azd env set DEPLOY_MODE container",
        package::COMPILER_ADVICE
    ))
}

/// azd takes a word that is neither for no choice at all, and the site would be open to everybody.
fn sign_in_wish(environment: &Environment) -> Finding {
    let wish = &environment.enable_entra_auth;
    if ["", "true", "false"].contains(&wish.to_ascii_lowercase().as_str()) {
        return Finding::Good;
    }
    Finding::Problem(format!(
        "ENABLE_ENTRA_AUTH is {wish}, but must be true or false: azd env set ENABLE_ENTRA_AUTH true"
    ))
}

/// az with the subscription; its sign-in is another than azd's.
fn sign_in<'a>(
    environment: &'a Environment,
    programs: &'a dyn Programs,
) -> Result<Azure<'a>, Finding> {
    let subscription = environment.azure_subscription_id.as_str();
    if subscription.is_empty() {
        return Err(left_out("azd has not asked for the subscription yet"));
    }
    let show = "account show --query id --output tsv --subscription".split(' ');
    let show: Vec<&str> = show.chain([subscription]).collect();
    match programs.ask("az", &show) {
        None => Err(left_out("az is not installed (https://aka.ms/azure-cli)")),
        Some(answer) if answer.succeeded => Ok(Azure {
            programs,
            subscription,
        }),
        Some(_) if environment.wants_sign_in() && environment.auth_client_id.is_empty() => Err(
            Finding::Problem(format!("{NOT_SIGNED_IN}. Registering the app needs it")),
        ),
        Some(_) => Err(left_out(NOT_SIGNED_IN)),
    }
}

fn left_out(reason: &str) -> Finding {
    Finding::Remark(format!(
        "left out the checks of region, quota and rights: {reason}"
    ))
}

fn check_azure(environment: &Environment, azure: &Azure) -> Vec<Finding> {
    let Environment {
        azure_location: location,
        app_service_plan_sku: plan,
        database_sku: database,
        ..
    } = environment;
    let mut findings = vec![unless_unknown(
        "your right to assign roles",
        subscription::role_assignment(azure),
    )];
    if environment.deploy_mode() == Some(DeployMode::Container) {
        let right = subscription::registry_build(azure);
        findings.push(unless_unknown("the right to build an image", right));
    }
    if !location.is_empty() {
        let postgres = provider::postgres_offer(azure, location, database);
        findings.push(unless_unknown("the offer of PostgreSQL", postgres));
        let offer = provider::plan_offer(azure, location, plan);
        findings.push(unless_unknown("the offer of App Service", offer));
        let quota = provider::plan_quota(azure, location, plan);
        findings.push(unless_unknown("the quota of App Service", quota));
    }
    if environment.wants_sign_in() {
        let right = graph::may_register(azure);
        findings.push(unless_unknown("your right to register the app", right));
    }
    findings
}

#[cfg(test)]
mod tests;
