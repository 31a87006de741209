//! `cargo xtask hook`: the work of azd's hooks; `azure.yaml` says when each runs.

mod preprovision;

use anyhow::{Context, Result, ensure};

use crate::azure::{az, azd_environment};
use crate::settings::environment_variable;
use crate::{entra, package, process, programs, workspace};

/// A first start may wait until the database knows its administrator: five minutes for each page.
const WAIT: &str = "curl --fail --silent --show-error --max-time 20 --retry-all-errors --retry 60 --retry-delay 5 {}";

const APP_SETTINGS: &str = "webapp config appsettings set --subscription {} --resource-group {} --name {} \
    --settings AZURE_CLIENT_ID={} AZURE_TENANT_ID={}";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The hook's name.
    #[arg(value_enum)]
    hook: Hook,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Hook {
    /// Report what would make the deployment fail, before anything is created.
    Preprovision,
    /// Build the contents of the zip, unless `DEPLOY_MODE` is container.
    Prepackage,
    /// Create or update the app registration, if `ENABLE_ENTRA_AUTH` is true.
    Postprovision,
    /// Wait until the site is ready, and print its addresses.
    Postdeploy,
    /// Delete the app registration.
    Postdown,
}

pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    match arguments.hook {
        Hook::Preprovision => return preprovision::run(),
        Hook::Prepackage if variable("DEPLOY_MODE") == "container" => {
            println!("prepackage: nothing to do, the container registry builds the image");
        }
        Hook::Prepackage => return package::run(),
        Hook::Postprovision => postprovision(),
        Hook::Postdeploy => return postdeploy(),
        Hook::Postdown => postdown(),
    }
    Ok(true)
}

/// A value of the azd environment, which azd passes to its hooks; empty if it is not set.
fn variable(name: &str) -> String {
    environment_variable(name).unwrap_or_default()
}

fn registers_app() -> bool {
    variable("ENABLE_ENTRA_AUTH").eq_ignore_ascii_case("true")
}

/// An account that may not register applications still gets a site, without sign-in.
fn postprovision() {
    if !registers_app() {
        return;
    }
    if let Err(error) = entra::run(&entra::Arguments::default()) {
        eprintln!("postprovision: {error:#}");
        println!(
            "postprovision: the app registration was not completed; the deployment continues. \
             `cargo xtask entra` tries again; docs/sign-in.md says how an administrator can create it"
        );
    } else if variable("AUTH_CLIENT_ID").is_empty()
        && let Err(error) = configure_site()
    {
        eprintln!("postprovision: {error:#}");
        println!("postprovision: the site has no app registration yet: azd provision --no-state");
    }
}

/// Sets what the Bicep could not know before the registration was created. The next provisioning sets the same.
fn configure_site() -> Result<()> {
    let environment = azd_environment()?.context("no azd environment is selected")?;
    let values = [
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_RESOURCE_GROUP",
        "SERVICE_WEB_NAME",
        "AUTH_CLIENT_ID",
        "AUTH_TENANT_ID",
    ];
    let values = values.map(|name| environment.get(name).map_or("", String::as_str));
    ensure!(
        values.iter().all(|value| !value.is_empty()),
        "azd does not know the site or the registration"
    );
    az(APP_SETTINGS, &values).map(drop)
}

/// Succeeds when the site is ready. A site that requires sign-in redirects from its home page.
fn postdeploy() -> Result<bool> {
    let site = variable("WEB_URI");
    let site = site.trim_end_matches('/');
    if site.is_empty() {
        eprintln!("postdeploy: WEB_URI, the site's address, is not set: azd provision --no-state");
        return Ok(false);
    }
    let is_ready = wait_until_ready(site)?;
    for (name, address) in [
        ("Site", "WEB_URI"),
        ("Log stream", "WEB_APP_LOG_STREAM"),
        ("SSH", "WEB_APP_SSH"),
    ] {
        let address = variable(address);
        if !address.is_empty() {
            println!("    {name:<12}{address}");
        }
    }
    Ok(is_ready)
}

fn wait_until_ready(site: &str) -> Result<bool> {
    if !programs::is_installed("curl") {
        println!("postdeploy: the site was not checked, because curl is not installed");
        return Ok(true);
    }
    for page in ["/readyz", "/"] {
        let address = format!("{site}{page}");
        println!("Waiting for {address}");
        if !process::run(&workspace::command(WAIT, &[&address]).stdout_null())? {
            eprintln!("postdeploy: {address} is not ready; the log stream has the reason");
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes the registration, if `cargo xtask entra` created it.
fn postdown() {
    let client_id = variable("AUTH_CLIENT_ID");
    if client_id.is_empty() {
        return;
    }
    let mut arguments = entra::Arguments::default();
    arguments.remove = true;
    if let Err(error) = entra::run(&arguments) {
        eprintln!("postdown: {error:#}");
        println!(
            "postdown: the app registration {client_id} still exists: `cargo xtask entra --remove` tries again"
        );
    }
}
