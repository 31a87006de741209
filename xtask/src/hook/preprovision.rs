//! Checks before provisioning: what would make the deployment fail, and could not be found out otherwise.

use anyhow::Result;
use serde_json::Value;

use super::variable;
use crate::azure::az;
use crate::install::advice;
use crate::workspace::{self, regex};
use crate::{package, process, programs};

/// Container deployments of older versions overwrite settings of the site.
const OLDEST_AZD: (u32, u32) = (1, 30);

const PERMISSIONS: &str = "rest --method get --uri /subscriptions/{}{}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01";

/// Nothing is listed if the region is closed to the subscription.
const POSTGRES_SIZES: &str = "postgres flexible-server list-skus --subscription {} --location {} \
    --query [?!(supportedFeatures[?name=='OfferRestricted'&&status=='Enabled'])].supportedServerEditions[].supportedServerSkus[].name";

/// The actions that include the right to assign roles, lower case.
const ROLE_ASSIGNMENT: [&str; 6] = [
    "*",
    "*/write",
    "microsoft.authorization/*",
    "microsoft.authorization/*/write",
    "microsoft.authorization/roleassignments/*",
    "microsoft.authorization/roleassignments/write",
];

/// Beginnings of the offer ids of free subscriptions, whose container registries build no images.
const FREE_OFFERS: [&str; 2] = ["FreeTrial", "AzureForStudents"];

/// Messages of the service about a region that is closed to a subscription.
const REGION_CLOSED: [&str; 4] = [
    "restricted",
    "No available SKUs",
    "LocationNotAvailable",
    "NotAvailableForSubscription",
];

/// Each problem stops the deployment.
#[derive(Default)]
struct Findings {
    problems: Vec<String>,
    remarks: Vec<String>,
}

/// Prints every problem and remark; fails if there is a problem.
pub(super) fn run() -> Result<bool> {
    let parameters = Parameter::read_all()?;
    let mut findings = Findings::default();
    findings.problems.extend(outdated_azd());
    findings.problems.extend(impossible_deployment());
    let mistakes = parameters.iter().filter_map(Parameter::mistake);
    findings.problems.extend(mistakes);
    findings.remarks.extend(unused_registry());
    findings.check_azure(&parameters);
    for remark in &findings.remarks {
        println!("preprovision: {remark}");
    }
    for problem in &findings.problems {
        eprintln!("preprovision: {problem}");
    }
    Ok(findings.problems.is_empty())
}

fn outdated_azd() -> Option<String> {
    let version = workspace::command("azd version", &[]).stdin_null();
    let release = azd_release(&process::read(&version).ok()?)?;
    let ((major, minor), (needed, at_least)) = (release, OLDEST_AZD);
    (release < OLDEST_AZD).then(|| {
        format!("azd {needed}.{at_least} or newer is required, this is {major}.{minor}: https://aka.ms/azd-install")
    })
}

/// Parses `azd version 1.30.0 (commit …)`. A build of azd's developers, 0.0.0, has no release.
fn azd_release(text: &str) -> Option<(u32, u32)> {
    let release = regex(r"azd version (\d+)\.(\d+)\.").captures(text)?;
    let (_, [major, minor]) = release.extract();
    let release = (major.parse().ok()?, minor.parse().ok()?);
    (release != (0, 0)).then_some(release)
}

fn builds_zip() -> bool {
    matches!(variable("DEPLOY_MODE").as_str(), "" | "zip")
}

fn impossible_deployment() -> Option<String> {
    let mode = variable("DEPLOY_MODE");
    if !builds_zip() && mode != "container" {
        return Some(format!(
            "DEPLOY_MODE is {mode}, but must be zip or container: azd env set DEPLOY_MODE zip"
        ));
    }
    // azd packages while it provisions, so a missing compiler would leave half of the resources.
    let lacks_compiler =
        builds_zip() && variable("RELEASE_ZIP").is_empty() && !package::can_compile();
    let advice = advice(&package::COMPILERS);
    lacks_compiler.then(|| {
        format!("the zip needs a C compiler: {advice}, or let the registry build a container: azd env set DEPLOY_MODE container")
    })
}

fn unused_registry() -> Option<String> {
    let registry = variable("AZURE_CONTAINER_REGISTRY_ENDPOINT");
    let (name, _) = registry.split_once('.').filter(|_| builds_zip())?;
    Some(format!(
        "the container registry {name} is no longer used but still costs money: az acr delete --name {name}"
    ))
}

impl Findings {
    fn check_azure(&mut self, parameters: &[Parameter]) {
        let subscription = variable("AZURE_SUBSCRIPTION_ID");
        if let Some(reason) = unavailable(&subscription) {
            let registers = variable("ENABLE_ENTRA_AUTH").eq_ignore_ascii_case("true")
                && variable("AUTH_CLIENT_ID").is_empty();
            if reason == NOT_SIGNED_IN && registers {
                self.problems
                    .push(format!("{reason}. The app registration needs it"));
            } else {
                self.remarks.push(format!(
                    "skipped the checks of region and permissions: {reason}"
                ));
            }
            return;
        }
        let permission = role_assignment(&subscription);
        self.add("your permission to assign roles", permission);
        if !builds_zip() {
            self.add("the permission to build images", image_build(&subscription));
        }
        if !variable("AZURE_LOCATION").is_empty() {
            let offer = postgres_offer(&subscription, &effective(parameters, "DATABASE_SKU"));
            self.add("the region's PostgreSQL offer", offer);
        }
        if !variable("AZURE_RESOURCE_GROUP").is_empty() {
            let version = effective(parameters, "DATABASE_VERSION");
            let upgrade = database_upgrade(&subscription, &version);
            self.add("the version of the database", upgrade);
        }
    }

    /// Adds the problem, if any. A check that fails stops nothing.
    fn add(&mut self, what: &str, check: Result<Option<String>>) {
        match check {
            Ok(problem) => self.problems.extend(problem),
            Err(error) => {
                let error = format!("{error:#}");
                let reason = error.lines().next().unwrap_or_default();
                self.remarks
                    .push(format!("could not check {what}: {reason}"));
            }
        }
    }
}

const NOT_SIGNED_IN: &str =
    "az, which has a sign-in of its own, is not signed in to this subscription: az login";

/// Why Azure cannot be asked.
fn unavailable(subscription: &str) -> Option<&'static str> {
    if subscription.is_empty() {
        Some("azd has not asked for the subscription yet")
    } else if !programs::is_installed("az") {
        Some("az is not installed (https://aka.ms/azure-cli)")
    } else {
        az("account show --subscription {}", &[subscription])
            .is_err()
            .then_some(NOT_SIGNED_IN)
    }
}

/// The environment variable that sets a parameter of the Bicep, the parameter's type and its default.
struct Parameter([String; 3]);

impl Parameter {
    /// Matches `param instances int = 1` with `"instances": { "value": "${APP_INSTANCES}" }`.
    fn read_all() -> Result<Vec<Self>> {
        let values: Value = serde_json::from_str(&workspace::read("infra/main.parameters.json")?)?;
        let (bicep, mut all) = (workspace::read("infra/main.bicep")?, Vec::new());
        let declarations = regex(r"(?m)^param (\w+) (\w+)(?: = )?'?([^'\n]*)");
        for declaration in declarations.captures_iter(&bicep) {
            let (_, [name, kind, default]) = declaration.extract();
            let value = values["parameters"][name]["value"].as_str();
            if let Some(variable) = regex(r"^\$\{(\w+)").captures(value.unwrap_or_default()) {
                all.push(Self([&variable[1], kind, default].map(str::to_owned)));
            }
        }
        Ok(all)
    }

    /// azd ignores a word that is not of the parameter's type, and deploys the default.
    fn mistake(&self) -> Option<String> {
        let Self([name, kind, default]) = self;
        let (pattern, expected) = match kind.as_str() {
            "int" => (r"^-?\d+$", "a number"),
            "bool" => ("^(?i:true|false)$", "true or false"),
            _ => return None,
        };
        let value = variable(name);
        (!value.is_empty() && !regex(pattern).is_match(&value)).then(|| {
            format!("{name} is {value}, but must be {expected}: azd env set {name} {default}")
        })
    }
}

/// The value that will be deployed.
fn effective(parameters: &[Parameter], name: &str) -> String {
    let mut named = parameters
        .iter()
        .filter(|Parameter(parts)| parts[0] == name);
    match (variable(name), named.next()) {
        (value, Some(Parameter([_, _, default]))) if value.is_empty() => default.clone(),
        (value, _) => value,
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
        let actions = strings(actions).into_iter().map(str::to_ascii_lowercase);
        actions
            .into_iter()
            .any(|action| ROLE_ASSIGNMENT.contains(&action.as_str()))
    };
    let mut roles = permissions["value"].as_array().into_iter().flatten();
    let is_allowed =
        roles.any(|role| includes_it(&role["actions"]) && !includes_it(&role["notActions"]));
    Ok((!is_allowed).then(|| {
        "you may not assign roles in this subscription, which the site's managed identity needs: ask for the role Owner, or for Contributor and User Access Administrator".to_owned()
    }))
}

fn image_build(subscription: &str) -> Result<Option<String>> {
    let subscription = az(
        "rest --method get --uri /subscriptions/{}?api-version=2022-12-01",
        &[subscription],
    )?;
    let offer = subscription["subscriptionPolicies"]["quotaId"]
        .as_str()
        .unwrap_or_default();
    let is_free = FREE_OFFERS.iter().any(|free| offer.starts_with(free));
    Ok(is_free.then(|| {
        format!("a free subscription ({offer}) cannot build images in a registry: azd env set DEPLOY_MODE zip")
    }))
}

fn postgres_offer(subscription: &str, size: &str) -> Result<Option<String>> {
    let location = variable("AZURE_LOCATION");
    let is_closed = |error: &anyhow::Error| {
        let error = format!("{error:#}");
        REGION_CLOSED.iter().any(|part| error.contains(part))
    };
    let sizes = match az(POSTGRES_SIZES, &[subscription, &location]) {
        Err(error) if is_closed(&error) => Value::Null,
        sizes => sizes?,
    };
    let sizes = strings(&sizes);
    let other = "choose another region: azd env set AZURE_LOCATION REGION";
    if sizes.is_empty() {
        return Ok(Some(format!(
            "{location} does not offer PostgreSQL flexible servers to this subscription: {other}"
        )));
    }
    let is_offered = sizes
        .iter()
        .any(|offered| offered.eq_ignore_ascii_case(size));
    Ok((!is_offered).then(|| {
        format!("{location} has no PostgreSQL server of the size {size}: {other}, or another size: azd env set DATABASE_SKU SIZE")
    }))
}

/// An upgrade of the database in place cannot be undone, so a second variable has to confirm it.
fn database_upgrade(subscription: &str, wanted: &str) -> Result<Option<String>> {
    let list = "postgres flexible-server list --subscription {} --resource-group {}";
    let servers = az(list, &[subscription, &variable("AZURE_RESOURCE_GROUP")])?;
    let environment = variable("AZURE_ENV_NAME");
    let mut servers = servers.as_array().into_iter().flatten();
    let server = servers.find(|server| server["tags"]["azd-env-name"] == *environment);
    let present = server
        .and_then(|server| server["version"].as_str())
        .unwrap_or_default();
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

fn strings(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
