//! Preflight checks before provisioning: problems that would make the deployment fail halfway.

use std::collections::BTreeMap;

use anyhow::Result;
use regex_lite::escape;
use serde_json::Value;

use super::{registers_app, variable};
use crate::azure::{az, items};
use crate::install::advice;
use crate::workspace::{self, regex};
use crate::{package, process, programs};

/// Container deployments of older versions overwrite settings of the site.
const MIN_AZD_VERSION: (u32, u32) = (1, 30);

const PERMISSIONS: &str = "rest --method get --uri /subscriptions/{}{}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01";

/// Nothing is listed if the region is closed to the subscription.
const POSTGRES_SIZES: &str = "postgres flexible-server list-skus --subscription {} --location {} \
    --query [?!(supportedFeatures[?name=='OfferRestricted'&&status=='Enabled'])].supportedServerEditions[].supportedServerSkus[].name";

const ROLE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments/write";

/// Matches the offer ids of free subscriptions, whose container registries build no images.
const FREE_OFFER: &str = "^(FreeTrial|AzureForStudents)";

/// Matches messages of the service about a region that is closed to a subscription.
const REGION_CLOSED: &str =
    "restricted|No available SKUs|LocationNotAvailable|NotAvailableForSubscription";

const NOT_SIGNED_IN: &str =
    "az, which has a sign-in of its own, is not signed in to this subscription: az login";

/// The environment variables that set a parameter of the Bicep, each with the parameter's type and default.
type Parameters = BTreeMap<String, [String; 2]>;

/// Prints every problem; fails if there is one.
pub(super) fn run() -> Result<bool> {
    let (parameters, subscription) = (read_parameters()?, variable("AZURE_SUBSCRIPTION_ID"));
    let mut problems: Vec<String> = parameters.iter().filter_map(mistake).collect();
    problems.extend(outdated_azd());
    problems.extend(impossible_deployment());
    print_unused_registry();
    match unavailable(&subscription) {
        Some(NOT_SIGNED_IN) if registers_app() && variable("AUTH_CLIENT_ID").is_empty() => {
            problems.push(format!("{NOT_SIGNED_IN}. The app registration needs it"));
        }
        Some(reason) => {
            println!("preprovision: skipped the checks of region and permissions: {reason}");
        }
        None => problems.extend(check_azure(&subscription, &parameters)),
    }
    for problem in &problems {
        eprintln!("preprovision: {problem}");
    }
    Ok(problems.is_empty())
}

fn outdated_azd() -> Option<String> {
    let version = workspace::command("azd version", &[]).stdin_null();
    let release = programs::release(&process::read(&version).ok()?)?;
    let ((major, minor), (needed, at_least)) = (release, MIN_AZD_VERSION);
    // A build of azd's developers is 0.0.0.
    (release < MIN_AZD_VERSION && release != (0, 0)).then(|| {
        format!("azd {needed}.{at_least} or newer is required, this is {major}.{minor}: https://aka.ms/azd-install")
    })
}

fn builds_zip() -> bool {
    matches!(variable("DEPLOY_MODE").as_str(), "" | "zip")
}

fn impossible_deployment() -> Option<String> {
    let mode = variable("DEPLOY_MODE");
    if mode == "container" {
        return None;
    }
    if !builds_zip() {
        return Some(format!(
            "DEPLOY_MODE is {mode}, but must be zip or container: azd env set DEPLOY_MODE zip"
        ));
    }
    // azd packages while it provisions, so a missing compiler would leave half of the resources.
    let lacks_compiler = variable("RELEASE_ZIP").is_empty() && !package::can_compile();
    lacks_compiler.then(|| {
        let advice = advice(package::COMPILERS);
        format!("the zip needs a C compiler: {advice}, or let the registry build a container: azd env set DEPLOY_MODE container")
    })
}

fn print_unused_registry() {
    let registry = variable("AZURE_CONTAINER_REGISTRY_ENDPOINT");
    if let Some((name, _)) = registry.split_once('.').filter(|_| builds_zip()) {
        println!(
            "preprovision: the container registry {name} is no longer used but still costs money: az acr delete --name {name}"
        );
    }
}

/// Why the checks that query Azure are skipped.
fn unavailable(subscription: &str) -> Option<&'static str> {
    if subscription.is_empty() {
        return Some("azd has not asked for the subscription yet");
    }
    if !programs::is_installed("az") {
        return Some("az is not installed (https://aka.ms/azure-cli)");
    }
    let account = az("account show --subscription {}", &[subscription]);
    account.is_err().then_some(NOT_SIGNED_IN)
}

/// The problems found by querying Azure. A check that cannot run is skipped with a message.
fn check_azure(subscription: &str, parameters: &Parameters) -> Vec<String> {
    let permission = role_assignment(subscription);
    let mut checks = vec![("your permission to assign roles", permission)];
    if !builds_zip() {
        checks.push(("the permission to build images", image_build(subscription)));
    }
    if !variable("AZURE_LOCATION").is_empty() {
        let offer = postgres_offer(subscription, &effective(parameters, "DATABASE_SKU"));
        checks.push(("the region's PostgreSQL offer", offer));
    }
    if !variable("AZURE_RESOURCE_GROUP").is_empty() {
        let upgrade = database_upgrade(subscription, &effective(parameters, "DATABASE_VERSION"));
        checks.push(("the version of the database", upgrade));
    }
    let problem = |(what, check): (&str, Result<Option<String>>)| {
        check.unwrap_or_else(|error| {
            let error = format!("{error:#}");
            let reason = error.lines().next().unwrap_or_default();
            println!("preprovision: could not check {what}: {reason}");
            None
        })
    };
    checks.into_iter().filter_map(problem).collect()
}

/// Matches `param instances int = 1` with `"instances": { "value": "${APP_INSTANCES}" }`.
fn read_parameters() -> Result<Parameters> {
    let values: Value = serde_json::from_str(&workspace::read("infra/main.parameters.json")?)?;
    let (bicep, mut all) = (workspace::read("infra/main.bicep")?, Parameters::new());
    let declarations = regex(r"(?m)^param (\w+) (\w+)(?: = )?'?([^'\n]*)");
    for declaration in declarations.captures_iter(&bicep) {
        let (_, [name, kind, default]) = declaration.extract();
        let value = values["parameters"][name]["value"].as_str();
        if let Some(variable) = regex(r"^\$\{(\w+)").captures(value.unwrap_or_default()) {
            all.insert(variable[1].to_owned(), [kind, default].map(str::to_owned));
        }
    }
    Ok(all)
}

/// azd ignores a word that is not of the parameter's type, and deploys the default.
fn mistake((name, [kind, default]): (&String, &[String; 2])) -> Option<String> {
    let (pattern, expected) = match kind.as_str() {
        "int" => (r"^-?\d+$", "a number"),
        "bool" => ("^(?i:true|false)$", "true or false"),
        _ => return None,
    };
    let value = variable(name);
    (!value.is_empty() && !regex(pattern).is_match(&value))
        .then(|| format!("{name} is {value}, but must be {expected}: azd env set {name} {default}"))
}

/// The value that will be deployed.
fn effective(parameters: &Parameters, name: &str) -> String {
    let value = variable(name);
    match parameters.get(name) {
        Some([_, default]) if value.is_empty() => default.clone(),
        _ => value,
    }
}

/// The deployment assigns roles to the site's managed identity. The user may have rights in an existing resource group
/// only.
fn role_assignment(subscription: &str) -> Result<Option<String>> {
    let mut group = variable("AZURE_RESOURCE_GROUP");
    if !group.is_empty() {
        group = format!("/resourceGroups/{group}");
    }
    let permissions = az(PERMISSIONS, &[subscription, &group])?;
    let includes_it = |actions: &Value| {
        let patterns = strings(actions).map(|action| escape(action).replace(r"\*", ".*"));
        let mut patterns = patterns.map(|pattern| regex(&format!("(?i)^{pattern}$")));
        patterns.any(|pattern| pattern.is_match(ROLE_ASSIGNMENT))
    };
    let is_allowed =
        |role: &Value| includes_it(&role["actions"]) && !includes_it(&role["notActions"]);
    Ok((!items(&permissions["value"]).iter().any(is_allowed)).then(|| {
        "you may not assign roles in this subscription, which the site's managed identity needs: ask for the role Owner, or for Contributor and User Access Administrator".to_owned()
    }))
}

fn image_build(subscription: &str) -> Result<Option<String>> {
    let subscription = az(
        "rest --method get --uri /subscriptions/{}?api-version=2022-12-01",
        &[subscription],
    )?;
    let offer = subscription["subscriptionPolicies"]["quotaId"].as_str();
    let offer = offer.filter(|offer| regex(FREE_OFFER).is_match(offer));
    Ok(offer.map(|offer| {
        format!("a free subscription ({offer}) cannot build images in a registry: azd env set DEPLOY_MODE zip")
    }))
}

fn postgres_offer(subscription: &str, size: &str) -> Result<Option<String>> {
    let location = variable("AZURE_LOCATION");
    let sizes = match az(POSTGRES_SIZES, &[subscription, &location]) {
        Err(error) if regex(REGION_CLOSED).is_match(&format!("{error:#}")) => Value::Null,
        sizes => sizes?,
    };
    let other = "choose another region: azd env set AZURE_LOCATION REGION";
    if items(&sizes).is_empty() {
        return Ok(Some(format!(
            "{location} does not offer PostgreSQL flexible servers to this subscription: {other}"
        )));
    }
    let is_offered = strings(&sizes).any(|offered| offered.eq_ignore_ascii_case(size));
    Ok((!is_offered).then(|| {
        format!("{location} has no PostgreSQL server of the size {size}: {other}, or another size: azd env set DATABASE_SKU SIZE")
    }))
}

/// An upgrade of the database in place cannot be undone, so a second variable has to confirm it.
fn database_upgrade(subscription: &str, wanted: &str) -> Result<Option<String>> {
    let list = "postgres flexible-server list --subscription {} --resource-group {}";
    let servers = az(list, &[subscription, &variable("AZURE_RESOURCE_GROUP")])?;
    let environment = variable("AZURE_ENV_NAME");
    let mut servers = items(&servers).iter();
    let server = servers.find(|server| server["tags"]["azd-env-name"] == *environment);
    let present = server.and_then(|server| server["version"].as_str());
    let present = present.unwrap_or_default();
    let (Ok(from), Ok(to)) = (present.parse::<u32>(), wanted.parse::<u32>()) else {
        return Ok(None);
    };
    Ok((to > from && variable("CONFIRM_DATABASE_UPGRADE") != wanted).then(|| {
        format!(
            "DATABASE_VERSION {wanted} upgrades the database from PostgreSQL {present} in place, which cannot be undone: \
             azd env set CONFIRM_DATABASE_UPGRADE {wanted} to confirm, or azd env set DATABASE_VERSION {present}"
        )
    }))
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    items(list).iter().filter_map(Value::as_str)
}
