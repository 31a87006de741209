//! Checks before provisioning: what would make the deployment fail, and could not be found out otherwise.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use duct::cmd;
use serde_json::Value;

use super::{ACCOUNT, PERMISSIONS, POSTGRES_SERVERS, POSTGRES_SIZES, SUBSCRIPTION, call, variable};
use crate::azure::Az;
use crate::{package, programs, workspace};

/// Container deployments of older versions overwrite settings of the site.
const OLDEST_AZD: (u32, u32) = (1, 30);

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

/// What the checks found.
#[derive(Default)]
struct Findings {
    /// Each stops the deployment.
    problems: Vec<String>,
    remarks: Vec<String>,
}

/// Prints every problem and remark; fails if there is a problem.
pub(super) fn run() -> Result<ExitCode> {
    let mut findings = Findings::default();
    findings.check_azd();
    findings.check_deploy_mode();
    let parameters = Parameter::read_all()?;
    for parameter in &parameters {
        findings.problems.extend(parameter.mistake());
    }
    findings.check_azure(&parameters);
    for remark in &findings.remarks {
        println!("preprovision: {remark}");
    }
    for problem in &findings.problems {
        eprintln!("preprovision: {problem}");
    }
    Ok(if findings.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Findings {
    fn check_azd(&mut self) {
        let azd = programs::find("azd");
        let version =
            azd.and_then(|azd| cmd!(azd, "version").stdin_null().stderr_null().read().ok());
        let release = version.as_deref().and_then(azd_release);
        if let Some((major, minor)) = release.filter(|release| *release < OLDEST_AZD) {
            self.problems.push(format!(
                "azd {}.{} or newer is required, this is {major}.{minor}: https://aka.ms/azd-install",
                OLDEST_AZD.0, OLDEST_AZD.1
            ));
        }
    }

    fn check_deploy_mode(&mut self) {
        match variable("DEPLOY_MODE").as_str() {
            // azd packages while it provisions, so a missing compiler would leave half of the resources.
            "" | "zip"
                if variable("RELEASE_ZIP").is_empty()
                    && !package::can_compile(|name| programs::find(name).is_some()) =>
            {
                self.problems.push(format!(
                    "the zip needs a C compiler: {}, or let the registry build a container: azd env set DEPLOY_MODE container",
                    package::COMPILER_ADVICE
                ));
            }
            "" | "zip" => {
                let registry = variable("AZURE_CONTAINER_REGISTRY_ENDPOINT");
                if let Some((name, _)) = registry.split_once('.') {
                    self.remarks.push(format!(
                        "the container registry {name} is no longer used but still costs money: az acr delete --name {name}"
                    ));
                }
            }
            "container" => {}
            other => self.problems.push(format!(
                "DEPLOY_MODE is {other}, but must be zip or container: azd env set DEPLOY_MODE zip"
            )),
        }
    }

    fn check_azure(&mut self, parameters: &[Parameter]) {
        let subscription = variable("AZURE_SUBSCRIPTION_ID");
        let skipped = "skipped the checks of region and permissions";
        if subscription.is_empty() {
            self.remarks.push(format!(
                "{skipped}: azd has not asked for the subscription yet"
            ));
            return;
        }
        let Ok(az) = Az::find() else {
            self.remarks.push(format!(
                "{skipped}: az is not installed (https://aka.ms/azure-cli)"
            ));
            return;
        };
        if call(&az, ACCOUNT, &[("{subscription}", &subscription)]).is_err() {
            let reason = "az, which has a sign-in of its own, is not signed in to this subscription: az login";
            let registers = variable("ENABLE_ENTRA_AUTH").eq_ignore_ascii_case("true")
                && variable("AUTH_CLIENT_ID").is_empty();
            if registers {
                self.problems
                    .push(format!("{reason}. The app registration needs it"));
            } else {
                self.remarks.push(format!("{skipped}: {reason}"));
            }
            return;
        }
        let azure = Azure { az, subscription };
        self.add("your permission to assign roles", azure.role_assignment());
        if variable("DEPLOY_MODE") == "container" {
            self.add("the permission to build images", azure.image_build());
        }
        if !variable("AZURE_LOCATION").is_empty() {
            let size = effective(parameters, "DATABASE_SKU");
            self.add(
                "the region's PostgreSQL offer",
                azure.postgres_offer(&variable("AZURE_LOCATION"), &size),
            );
        }
        if !variable("AZURE_RESOURCE_GROUP").is_empty() {
            let version = effective(parameters, "DATABASE_VERSION");
            self.add(
                "the version of the database",
                azure.database_upgrade(&version),
            );
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

/// Parses `azd version 1.30.0 (commit …)`. A build of azd's developers, 0.0.0, has no release.
fn azd_release(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once("azd version ")?.1.split_once('.')?;
    let (minor, _) = rest.split_once('.')?;
    let release = (major.parse().ok()?, minor.parse().ok()?);
    (release != (0, 0)).then_some(release)
}

/// A parameter of the Bicep and the environment variable that sets it.
struct Parameter {
    variable: String,
    kind: String,
    default: String,
}

impl Parameter {
    /// Matches `param instances int = 1` with `"instances": { "value": "${APP_INSTANCES}" }`.
    fn read_all() -> Result<Vec<Self>> {
        let read = |name: &str| {
            let path = workspace::root().join("infra").join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let values: Value = serde_json::from_str(&read("main.parameters.json")?)?;
        let parse = |line: &str| {
            let (name, declaration) = line.strip_prefix("param ")?.split_once(' ')?;
            let (kind, default) = declaration.split_once(" = ").unwrap_or((declaration, ""));
            let value = values["parameters"][name]["value"].as_str()?;
            let variable = value.strip_prefix("${")?.split(['}', '=']).next()?;
            Some(Self {
                variable: variable.to_owned(),
                kind: kind.to_owned(),
                default: default.trim_matches('\'').to_owned(),
            })
        };
        Ok(read("main.bicep")?.lines().filter_map(parse).collect())
    }

    /// azd ignores a word that is not of the parameter's type, and deploys the default.
    fn mistake(&self) -> Option<String> {
        let value = variable(&self.variable);
        let (is_valid, expected) = match self.kind.as_str() {
            "int" => (value.parse::<i64>().is_ok(), "a number"),
            "bool" => (
                ["true", "false"].contains(&value.to_ascii_lowercase().as_str()),
                "true or false",
            ),
            _ => (true, ""),
        };
        let name = &self.variable;
        (!value.is_empty() && !is_valid).then(|| {
            format!(
                "{name} is {value}, but must be {expected}: azd env set {name} {}",
                self.default
            )
        })
    }
}

/// The value that will be deployed.
fn effective(parameters: &[Parameter], name: &str) -> String {
    let value = variable(name);
    let default = parameters
        .iter()
        .find(|parameter| parameter.variable == name);
    match default {
        Some(parameter) if value.is_empty() => parameter.default.clone(),
        _ => value,
    }
}

/// `az`, signed in to the subscription. Each check returns the problem, if there is one.
struct Azure {
    az: Az,
    subscription: String,
}

impl Azure {
    fn call(&self, template: &str, values: &[(&str, &str)]) -> Result<Value> {
        let subscription = [("{subscription}", self.subscription.as_str())];
        call(&self.az, template, &[values, &subscription].concat())
    }

    /// The deployment assigns roles to the site's managed identity. The user may have rights in an existing
    /// resource group only.
    fn role_assignment(&self) -> Result<Option<String>> {
        let mut scope = format!("/subscriptions/{}", self.subscription);
        let group = variable("AZURE_RESOURCE_GROUP");
        if !group.is_empty() {
            scope = format!("{scope}/resourceGroups/{group}");
        }
        let permissions = self.call(PERMISSIONS, &[("{scope}", &scope)])?;
        let names = |actions: &Value| {
            let actions = actions
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            actions
                .map(str::to_ascii_lowercase)
                .any(|action| ROLE_ASSIGNMENT.contains(&action.as_str()))
        };
        let mut permissions = permissions["value"].as_array().into_iter().flatten();
        let is_allowed =
            permissions.any(|role| names(&role["actions"]) && !names(&role["notActions"]));
        Ok((!is_allowed).then(|| {
            "you may not assign roles in this subscription, which the site's managed identity needs: ask for the role Owner, or for Contributor and User Access Administrator".to_owned()
        }))
    }

    fn image_build(&self) -> Result<Option<String>> {
        let subscription = self.call(SUBSCRIPTION, &[])?;
        let offer = subscription["subscriptionPolicies"]["quotaId"]
            .as_str()
            .unwrap_or_default();
        let is_free = FREE_OFFERS.iter().any(|free| offer.starts_with(free));
        Ok(is_free.then(|| {
            format!("a free subscription ({offer}) cannot build images in a registry: azd env set DEPLOY_MODE zip")
        }))
    }

    fn postgres_offer(&self, location: &str, size: &str) -> Result<Option<String>> {
        let sizes = match self.call(POSTGRES_SIZES, &[("{location}", location)]) {
            Err(error)
                if REGION_CLOSED
                    .iter()
                    .any(|part| format!("{error:#}").contains(part)) =>
            {
                Value::Null
            }
            sizes => sizes?,
        };
        let sizes: Vec<&str> = sizes
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let other = "choose another region: azd env set AZURE_LOCATION REGION";
        Ok(if sizes.is_empty() {
            Some(format!(
                "{location} does not offer PostgreSQL flexible servers to this subscription: {other}"
            ))
        } else if sizes
            .iter()
            .any(|offered| offered.eq_ignore_ascii_case(size))
        {
            None
        } else {
            Some(format!(
                "{location} has no PostgreSQL server of the size {size}: {other}, or another size: azd env set DATABASE_SKU SIZE"
            ))
        })
    }

    /// An upgrade of the database in place cannot be undone, so a second variable has to confirm it.
    fn database_upgrade(&self, wanted: &str) -> Result<Option<String>> {
        let group = variable("AZURE_RESOURCE_GROUP");
        let servers = self.call(POSTGRES_SERVERS, &[("{group}", &group)])?;
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
}
