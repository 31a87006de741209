//! The Azure CLI (`az`) and the Azure Developer CLI (`azd`), called for their JSON output.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, thread};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::Value;

use crate::{programs, workspace};

/// Pauses between the attempts of [`retry`], in seconds: about a minute in all.
const RETRY_PAUSES: [u64; 6] = [1, 2, 4, 8, 16, 32];

/// The installed Azure CLI.
pub(crate) struct Az(PathBuf);

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
    Other,
}

/// A failed call of `az`, with its message.
#[derive(Debug)]
pub(crate) struct AzError {
    kind: AzErrorKind,
    call: String,
    message: String,
}

/// Parts of the messages of `az` 2.91 and of the services behind it.
const ERROR_KINDS: [(&str, AzErrorKind); 15] = [
    ("deleted but recoverable", AzErrorKind::SoftDeleted),
    ("az login", AzErrorKind::NotSignedIn),
    ("AADSTS", AzErrorKind::NotSignedIn),
    ("Insufficient privileges", AzErrorKind::Forbidden),
    ("Authorization_RequestDenied", AzErrorKind::Forbidden),
    ("AuthorizationFailed", AzErrorKind::Forbidden),
    ("Forbidden", AzErrorKind::Forbidden),
    ("does not exist", AzErrorKind::NotFound),
    ("doesn't exist", AzErrorKind::NotFound),
    ("ResourceNotFound", AzErrorKind::NotFound),
    ("ResourceGroupNotFound", AzErrorKind::NotFound),
    ("SecretNotFound", AzErrorKind::NotFound),
    ("was not found", AzErrorKind::NotFound),
    ("could not be found", AzErrorKind::NotFound),
    ("Not Found", AzErrorKind::NotFound),
];

impl Az {
    pub(crate) fn find() -> Result<Self> {
        let program = programs::find("az").ok_or_else(|| AzError {
            kind: AzErrorKind::NotInstalled,
            call: "az".to_owned(),
            message: "the Azure CLI is not installed: https://aka.ms/azure-cli".to_owned(),
        })?;
        Ok(Self(program))
    }

    /// Calls `az` and parses its output, which is `null` where there is none.
    pub(crate) fn call(&self, arguments: &[&str]) -> Result<Value> {
        self.call_with_input(arguments, "")
    }

    /// Calls `az` with a text that the argument `@-` stands for, so that no other process can see it.
    pub(crate) fn call_with_input(&self, arguments: &[&str], input: &str) -> Result<Value> {
        let format = ["--only-show-errors", "--output", "json"];
        let output = cmd(&self.0, arguments.iter().chain(&format))
            .stdin_bytes(input)
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .context("cannot start az")?;
        if !output.status.success() {
            return Err(AzError::new(arguments, &output.stderr).into());
        }
        if output.stdout.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("cannot parse the output of `az {}`", arguments.join(" ")))
    }
}

/// The value, or `None` where `az` found no such object.
pub(crate) fn optional<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if kind_of(&error) == Some(AzErrorKind::NotFound) => Ok(None),
        result => result.map(Some),
    }
}

/// Calls again while a new or recovered object is not replicated everywhere.
pub(crate) fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    for pause in RETRY_PAUSES {
        match call().map_err(|error| (kind_of(&error), error)) {
            Err((Some(AzErrorKind::NotFound | AzErrorKind::SoftDeleted), _)) => {
                thread::sleep(Duration::from_secs(pause));
            }
            result => return result.map_err(|(_, error)| error),
        }
    }
    call()
}

/// The kind of an error of `az`; `None` for any other error.
pub(crate) fn kind_of(error: &anyhow::Error) -> Option<AzErrorKind> {
    error.downcast_ref::<AzError>().map(|error| error.kind)
}

/// A text field that the output must have.
pub(crate) fn text(output: &Value, field: &str) -> Result<String> {
    let text = output[field].as_str().map(str::to_owned);
    text.with_context(|| format!("the output of az has no `{field}`"))
}

impl AzError {
    fn new(arguments: &[&str], stderr: &[u8]) -> Self {
        let message = String::from_utf8_lossy(stderr).trim().to_owned();
        let kind = ERROR_KINDS.iter().find(|(part, _)| message.contains(part));
        let command = arguments.iter().take_while(|word| !word.starts_with('-'));
        Self {
            kind: kind.map_or(AzErrorKind::Other, |(_, kind)| *kind),
            call: command.fold("az".to_owned(), |call, word| format!("{call} {word}")),
            message,
        }
    }
}

impl fmt::Display for AzError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.call, self.message)
    }
}

impl std::error::Error for AzError {}

/// The values of the selected azd environment.
pub(crate) struct AzdEnvironment(BTreeMap<String, String>);

impl AzdEnvironment {
    /// `None` where azd is not installed or no environment is selected.
    pub(crate) fn selected() -> Result<Option<Self>> {
        let Some(program) = programs::find("azd") else {
            return Ok(None);
        };
        let get = cmd!(program, "env", "get-values", "--output", "json").dir(workspace::root());
        let get = get.stdin_null().stdout_capture().stderr_null().unchecked();
        let output = get.run().context("cannot start azd")?;
        if !output.status.success() {
            return Ok(None);
        }
        let values = serde_json::from_slice(&output.stdout);
        let values = values.context("cannot parse the output of `azd env get-values`")?;
        Ok(Some(Self(values)))
    }

    /// A value that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// An output of the deployment.
    pub(crate) fn output(&self, name: &str) -> Result<String> {
        self.get(name).map(str::to_owned).with_context(|| {
            let environment = self.get("AZURE_ENV_NAME").unwrap_or("selected");
            format!("the azd environment {environment} has no {name}: run `azd provision --no-state` first, or use --home to set up this machine only")
        })
    }

    /// Whether a value is set, if only to nothing.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets a value for the next deployment. azd keeps it in a plain file, so it must not be a secret.
    pub(crate) fn set(name: &str, value: &str) -> Result<()> {
        let program = programs::find("azd").context("azd is not installed: https://aka.ms/azd")?;
        let set = cmd!(program, "env", "set", name, value).dir(workspace::root());
        let set = set.stdin_null().stdout_null().stderr_capture().unchecked();
        let output = set.run().context("cannot start azd")?;
        let message = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "`azd env set {name}`: {}",
            message.trim()
        );
        Ok(())
    }
}
