//! The Azure CLI (`az`) and the Azure Developer CLI (`azd`), called for their JSON output.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::workspace::{self, regex};
use crate::{process, programs};

/// Pauses between the attempts of [`retry`], in seconds: about a minute in all.
const RETRY_PAUSES: [u64; 6] = [1, 2, 4, 8, 16, 32];

/// What an error of `az` means to its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AzErrorKind {
    NotInstalled,
    NotSignedIn,
    Forbidden,
    /// There is no such object, or it is not replicated yet.
    NotFound,
    /// A key vault secret of this name is soft-deleted and can be recovered.
    SoftDeleted,
}

/// A failed call of `az`: what it printed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct AzError(String);

const NOT_INSTALLED: &str = "the Azure CLI is not installed: https://aka.ms/azure-cli";

/// Patterns of the messages of `az` 2.91 and of the services behind it. The first kind that matches counts.
#[rustfmt::skip]
const ERROR_KINDS: [(AzErrorKind, &str); 5] = [
    (AzErrorKind::NotInstalled, NOT_INSTALLED),
    (AzErrorKind::SoftDeleted, "deleted but recoverable"),
    (AzErrorKind::NotSignedIn, "az login|AADSTS"),
    (AzErrorKind::Forbidden, "Insufficient privileges|Authorization_RequestDenied|AuthorizationFailed|Forbidden"),
    (AzErrorKind::NotFound, "does not exist|doesn't exist|ResourceNotFound|ResourceGroupNotFound|SecretNotFound|was not found|could not be found|Not Found"),
];

/// Calls `az` with the words of a template, see [`workspace::command`], and parses its output, `null` if there is none.
pub(crate) fn az(template: &str, values: &[&str]) -> Result<Value> {
    az_with_input(template, values, "")
}

/// Calls `az` with a text that the argument `@-` stands for, so that no other process can see it.
pub(crate) fn az_with_input(template: &str, values: &[&str], input: &str) -> Result<Value> {
    ensure!(
        programs::is_installed("az"),
        AzError(NOT_INSTALLED.to_owned())
    );
    let call = format!("az {template} --only-show-errors --output json");
    let output = process::read(&workspace::command(&call, values).stdin_bytes(input));
    let command = template.split(" --").next().unwrap_or_default();
    let output = output.map_err(|error| AzError(format!("`az {command}`: {error:#}")))?;
    if output.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&output)
        .with_context(|| format!("cannot parse the output of `az {command}`"))
}

/// The value, or `None` where `az` found no such object.
pub(crate) fn optional<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if kind_of(&error) == Some(AzErrorKind::NotFound) => Ok(None),
        result => result.map(Some),
    }
}

/// Calls again while a new or recovered object is not replicated everywhere.
pub(crate) fn retry<T>(call: impl Fn() -> Result<T>) -> Result<T> {
    for pause in RETRY_PAUSES {
        let result = call();
        match result.as_ref().err().and_then(kind_of) {
            Some(AzErrorKind::NotFound | AzErrorKind::SoftDeleted) => {}
            _ => return result,
        }
        thread::sleep(Duration::from_secs(pause));
    }
    call()
}

/// The kind of an error of `az`; `None` for any other error.
pub(crate) fn kind_of(error: &anyhow::Error) -> Option<AzErrorKind> {
    let AzError(message) = error.downcast_ref()?;
    let mut kinds = ERROR_KINDS.iter();
    let found = kinds.find(|(_, pattern)| regex(pattern).is_match(message));
    found.map(|(kind, _)| *kind)
}

/// A text field that the output must have.
pub(crate) fn text(output: &Value, field: &str) -> Result<String> {
    let text = output[field].as_str().map(str::to_owned);
    text.with_context(|| format!("the output of az has no `{field}`"))
}

/// The items of a list; none if there is no list.
pub(crate) fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The values of the selected azd environment; `None` where azd is not installed or no environment is selected.
pub(crate) fn azd_environment() -> Result<Option<BTreeMap<String, String>>> {
    let get = workspace::command("azd env get-values --output json", &[]);
    let Ok(values) = process::read(&get.stdin_null()) else {
        return Ok(None);
    };
    serde_json::from_str(&values).context("cannot parse the output of `azd env get-values`")
}

/// Sets a value for the next deployment. azd keeps it in a plain file, so it must not be a secret.
pub(crate) fn set_azd_value(name: &str, value: &str) -> Result<()> {
    let set = workspace::command("azd env set {} {}", &[name, value]).stdin_null();
    process::read(&set).with_context(|| format!("`azd env set {name}`"))?;
    Ok(())
}
