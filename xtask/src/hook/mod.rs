//! `cargo xtask hook`: the work of azd's hooks; `azure.yaml` says when each runs.

mod preprovision;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use duct::cmd;

use crate::azure::{Az, AzdEnvironment};
use crate::process::Supervisor;
use crate::settings::environment_variable;
use crate::{entra, package, programs};

/// A first start may wait until the database knows its administrator: five minutes for each page.
const RETRIES: &str = "60";
const RETRY_DELAY_SECONDS: &str = "5";

/// The calls of `az`, with placeholders in braces. `cargo xtask infra` checks that `az` accepts them.
pub(crate) const AZ_CALLS: [&str; 6] = [
    ACCOUNT,
    PERMISSIONS,
    SUBSCRIPTION,
    POSTGRES_SIZES,
    POSTGRES_SERVERS,
    APP_SETTINGS,
];
const ACCOUNT: &str = "account show --subscription {subscription}";
const PERMISSIONS: &str = "rest --method get --uri {scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01";
const SUBSCRIPTION: &str =
    "rest --method get --uri /subscriptions/{subscription}?api-version=2022-12-01";
/// Nothing is listed if the region is closed to the subscription.
const POSTGRES_SIZES: &str = "postgres flexible-server list-skus --subscription {subscription} --location {location} \
    --query [?!(supportedFeatures[?name=='OfferRestricted'&&status=='Enabled'])].supportedServerEditions[].supportedServerSkus[].name";
const POSTGRES_SERVERS: &str =
    "postgres flexible-server list --subscription {subscription} --resource-group {group}";
const APP_SETTINGS: &str = "webapp config appsettings set --subscription {subscription} --resource-group {group} \
    --name {site} --settings AZURE_CLIENT_ID={client} AZURE_TENANT_ID={tenant}";

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

pub(crate) fn run(arguments: &Arguments, supervisor: &Supervisor) -> Result<ExitCode> {
    match arguments.hook {
        Hook::Preprovision => preprovision::run(),
        Hook::Prepackage if variable("DEPLOY_MODE") == "container" => {
            println!("prepackage: nothing to do, the container registry builds the image");
            Ok(ExitCode::SUCCESS)
        }
        Hook::Prepackage => package::run(supervisor),
        Hook::Postprovision => {
            postprovision();
            Ok(ExitCode::SUCCESS)
        }
        Hook::Postdeploy => postdeploy(supervisor),
        Hook::Postdown => {
            postdown();
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A value of the azd environment, which azd passes to its hooks; empty if it is not set.
fn variable(name: &str) -> String {
    environment_variable(name).unwrap_or_default()
}

/// The words of one of the calls, with values for its placeholders.
pub(crate) fn az_call(template: &str, values: &[(&str, &str)]) -> Vec<String> {
    let fill = |word: &str| {
        let replace = |word: String, (name, value): &(&str, &str)| word.replace(name, value);
        values.iter().fold(word.to_owned(), replace)
    };
    template.split_whitespace().map(fill).collect()
}

/// An account that may not register applications still gets a site, without sign-in.
fn postprovision() {
    if !variable("ENABLE_ENTRA_AUTH").eq_ignore_ascii_case("true") {
        return;
    }
    if let Err(error) = entra::run(&entra::Arguments::default()) {
        eprintln!("postprovision: {error:#}");
        println!(
            "postprovision: the app registration was not completed; the deployment continues. \
             `cargo xtask entra` tries again; docs/sign-in.md says how somebody else can create it"
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
    let environment = AzdEnvironment::selected()?;
    let value = |name| {
        environment
            .as_ref()
            .and_then(|environment| environment.get(name))
            .unwrap_or_default()
    };
    let values = [
        ("{subscription}", variable("AZURE_SUBSCRIPTION_ID")),
        ("{group}", variable("AZURE_RESOURCE_GROUP")),
        ("{site}", variable("SERVICE_WEB_NAME")),
        ("{client}", value("AUTH_CLIENT_ID").to_owned()),
        ("{tenant}", value("AUTH_TENANT_ID").to_owned()),
    ];
    ensure!(
        values.iter().all(|(_, value)| !value.is_empty()),
        "azd does not know the site or the registration"
    );
    let values = values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    call(&Az::find()?, APP_SETTINGS, &values).map(drop)
}

fn call(az: &Az, template: &str, values: &[(&str, &str)]) -> Result<serde_json::Value> {
    let words = az_call(template, values);
    az.call(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Succeeds when the site is ready. A site that requires sign-in answers its start page with a redirect.
fn postdeploy(supervisor: &Supervisor) -> Result<ExitCode> {
    let site = variable("WEB_URI");
    let site = site.trim_end_matches('/');
    let mut code = ExitCode::SUCCESS;
    if site.is_empty() {
        eprintln!("postdeploy: WEB_URI, the site's address, is not set: azd provision --no-state");
        return Ok(ExitCode::FAILURE);
    }
    if let Some(curl) = programs::find("curl") {
        for page in ["/readyz", "/"] {
            let address = format!("{site}{page}");
            println!("Waiting for {address}");
            let options = ["--fail", "--silent", "--show-error", "--max-time", "20"];
            let retries = [
                "--retry-all-errors",
                "--retry",
                RETRIES,
                "--retry-delay",
                RETRY_DELAY_SECONDS,
            ];
            let call = options
                .iter()
                .chain(&retries)
                .copied()
                .chain([address.as_str()]);
            if !supervisor.run(&cmd(curl.as_path(), call).stdout_null())? {
                eprintln!("postdeploy: {address} is not ready; the log stream has the reason");
                code = ExitCode::FAILURE;
                break;
            }
        }
    } else {
        println!("postdeploy: the site was not checked, because curl is not installed");
    }
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
    Ok(code)
}

/// Deletes the registration, if `cargo xtask entra` created it.
fn postdown() {
    let client_id = variable("AUTH_CLIENT_ID");
    if client_id.is_empty() {
        return;
    }
    if let Err(error) = entra::run(&entra::Arguments::removal()) {
        eprintln!("postdown: {error:#}");
        println!(
            "postdown: the app registration {client_id} still exists: `cargo xtask entra --remove` tries again"
        );
    }
}
