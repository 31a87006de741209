//! The `az` command line: one call, JSON back, and what its refusals mean.

use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use duct::{Expression, cmd};
use serde_json::Value;

use crate::programs;

/// The installed program.
pub(super) struct Az(PathBuf);

/// What a refusal means to whoever runs the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotInstalled,
    NotSignedIn,
    /// The account may not do this.
    Forbidden,
    /// There is nothing of this name, or not yet.
    NotFound,
    /// The name is still taken by something deleted, which can be brought back.
    Deleted,
    Other,
}

/// A call that did not succeed, with what `az` said.
#[derive(Debug)]
pub(super) struct AzError {
    pub(super) refusal: Refusal,
    call: String,
    message: String,
}

/// In seconds; about a minute in all.
const PAUSES: [u64; 6] = [1, 2, 4, 8, 16, 32];

/// Parts of the messages of `az` 2.91 and of the services behind it.
const MEANINGS: [(&str, Refusal); 13] = [
    ("deleted but recoverable", Refusal::Deleted),
    ("az login", Refusal::NotSignedIn),
    ("AADSTS", Refusal::NotSignedIn),
    ("Insufficient privileges", Refusal::Forbidden),
    ("Authorization_RequestDenied", Refusal::Forbidden),
    ("AuthorizationFailed", Refusal::Forbidden),
    ("Forbidden", Refusal::Forbidden),
    ("does not exist", Refusal::NotFound),
    ("doesn't exist", Refusal::NotFound),
    ("ResourceNotFound", Refusal::NotFound),
    ("SecretNotFound", Refusal::NotFound),
    ("was not found", Refusal::NotFound),
    ("Not Found", Refusal::NotFound),
];

impl Az {
    /// # Errors
    /// When it is not installed.
    pub(super) fn find() -> Result<Self> {
        let program = programs::find("az").ok_or_else(|| AzError {
            refusal: Refusal::NotInstalled,
            call: "az".to_owned(),
            message: "the Azure CLI is not installed: https://aka.ms/azure-cli".to_owned(),
        })?;
        Ok(Self(program))
    }

    /// Calls `az` and reads its answer; `null` where it has none.
    pub(super) fn call(&self, arguments: &[&str]) -> Result<Value> {
        self.run(arguments, None)
    }

    /// The same, with what `@-` among the arguments stands for: no other program can see it.
    pub(super) fn call_with(&self, arguments: &[&str], input: &str) -> Result<Value> {
        self.run(arguments, Some(input))
    }

    /// The answer, or `None` where there is nothing of that name.
    pub(super) fn find_one(&self, arguments: &[&str]) -> Result<Option<Value>> {
        match self.call(arguments) {
            Err(error) if refusal(&error) == Some(Refusal::NotFound) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// The same, and again where what has just been made is not known everywhere yet.
    pub(super) fn call_patiently(&self, arguments: &[&str], input: &str) -> Result<Value> {
        for pause in PAUSES {
            match self.call_with(arguments, input) {
                Err(error)
                    if matches!(refusal(&error), Some(Refusal::NotFound | Refusal::Deleted)) =>
                {
                    thread::sleep(Duration::from_secs(pause));
                }
                answer => return answer,
            }
        }
        self.call_with(arguments, input)
    }

    fn run(&self, arguments: &[&str], input: Option<&str>) -> Result<Value> {
        let format = ["--only-show-errors", "--output", "json"];
        let program = cmd(&self.0, arguments.iter().chain(&format));
        let program = match input {
            Some(input) => program.stdin_bytes(input),
            None => program.stdin_null(),
        };
        let output = captured(&program)?;
        if !output.status.success() {
            return Err(AzError::new(arguments, &output.stderr).into());
        }
        if output.stdout.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        let call = arguments.join(" ");
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("cannot read the answer of `az {call}`"))
    }
}

/// What the refusal means, if it was one of `az`.
pub(super) fn refusal(error: &anyhow::Error) -> Option<Refusal> {
    error.downcast_ref::<AzError>().map(|error| error.refusal)
}

/// A field of an answer that must be there.
pub(super) fn text(answer: &Value, field: &str) -> Result<String> {
    let text = answer[field].as_str().map(str::to_owned);
    text.ok_or_else(|| anyhow!("the answer of az has no `{field}`"))
}

fn captured(program: &Expression) -> Result<std::process::Output> {
    let output = program.stdout_capture().stderr_capture().unchecked().run();
    output.context("cannot start az")
}

impl AzError {
    fn new(arguments: &[&str], stderr: &[u8]) -> Self {
        let message = String::from_utf8_lossy(stderr).trim().to_owned();
        let meaning = MEANINGS.iter().find(|(part, _)| message.contains(part));
        // The words that name the command; what follows may be long.
        let words = arguments.iter().take_while(|word| !word.starts_with('-'));
        Self {
            refusal: meaning.map_or(Refusal::Other, |(_, refusal)| *refusal),
            call: words.fold("az".to_owned(), |call, word| format!("{call} {word}")),
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
