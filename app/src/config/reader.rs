//! Checks the text of all settings and collects every problem.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use clap::builder::Resettable;
use clap::{Arg, Command, FromArgMatches as _};

use super::settings::{Settings, Source, Written, arguments, name};
use super::{Definitions, sign_in};

/// App Service passes this text on in place of a Key Vault secret that it could not read.
const UNRESOLVED_REFERENCE: &str = "@Microsoft.KeyVault(";

/// Settings that may begin or end in whitespace or quotes.
const VERBATIM: [&str; 2] = ["DBPASS", "AZURE_POSTGRESQL_CONNECTIONSTRING"];

/// Values that tutorials print for their readers to replace.
const PLACEHOLDERS: [&str; 5] = [
    "your-client-id",
    "your-tenant-id",
    "your-client-secret",
    "your-secure-random-session-secret",
    "replace-this-with-a-long-random-secret",
];

/// The most characters of a value that a problem shows.
const SHOWN: usize = 80;

/// Every problem of the settings, each with the setting's name, value (unless it is secret) and source.
#[derive(Debug, Default)]
pub struct ConfigError {
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl ConfigError {
    pub(super) fn single(problem: String) -> Self {
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }
}

impl Display for ConfigError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(formatter, "The configuration has a problem:")?,
            count => write!(formatter, "The configuration has {count} problems:")?,
        }
        for problem in &self.problems {
            write!(formatter, "\n  {problem}")?;
        }
        for warning in &self.warnings {
            write!(formatter, "\n  warning: {warning}")?;
        }
        Ok(())
    }
}

impl Error for ConfigError {}

/// Turns the text of settings into values. A problem is recorded, and reading continues.
pub(super) struct Reader<'a> {
    settings: &'a Settings,
    /// Variables that were added to the environment from the `.env` file.
    dotenv: &'a BTreeSet<String>,
    report: ConfigError,
}

impl<'a> Reader<'a> {
    pub(super) fn new(settings: &'a Settings, dotenv: &'a BTreeSet<String>) -> Self {
        Self {
            settings,
            dotenv,
            report: ConfigError::default(),
        }
    }

    /// Parses every setting by its own parser. What is unset or invalid gets its default, which `defaults`
    /// replaces (argument, value).
    pub(super) fn parse(
        &mut self,
        defaults: &[(&'static str, &'static str)],
    ) -> Result<Definitions, ConfigError> {
        let mut command = Command::new("settings").no_binary_name(true);
        let mut flags = Vec::new();
        let sign_in = self.is_set(sign_in::SWITCH);
        for arg in arguments() {
            let arg_name = name(&arg).to_owned();
            // The environment has been read already.
            let arg = arg.env(Resettable::Reset);
            let ignored = !sign_in && arg.get_help_heading() == Some(sign_in::HEADING);
            if let Some(written) = self.find(&arg_name) {
                match check(&arg, written, ignored) {
                    Err(problem) => self.problem(&arg_name, &problem),
                    Ok(flag) => flags.extend(flag),
                }
            }
            command = command.arg(arg);
        }
        for (id, value) in defaults {
            command = command.mut_arg(id, |arg| arg.default_value(*value));
        }
        command
            .try_get_matches_from(flags)
            .and_then(|matches| Definitions::from_arg_matches(&matches))
            .map_err(|error| ConfigError::single(error.to_string()))
    }

    /// Whether a setting has a value, valid or not.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn has_value(&self, name: &str, value: &str) -> bool {
        self.find(name).is_some_and(|written| written.text == value)
    }

    /// The value of a setting that another one requires; `reason` names the other one.
    pub(super) fn require<T>(&mut self, name: &str, value: Option<T>, reason: &str) -> Option<T> {
        if !self.is_set(name) {
            self.problem(name, &format!("set it too: {reason}"));
        }
        value
    }

    pub(super) fn problem(&mut self, name: &str, problem: &str) {
        let shown = self.find(name).map(|written| self.shown(written));
        let problem = format!("{name}{}: {problem}", shown.unwrap_or_default());
        self.report.problems.push(problem);
    }

    pub(super) fn warning(&mut self, warning: impl Into<String>) {
        self.report.warnings.push(warning.into());
    }

    /// What was read and the warnings, or every problem. What could not be read (`None`) must have been a problem.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<(T, Vec<String>), ConfigError> {
        match read {
            Some(value) if self.report.problems.is_empty() => Ok((value, self.report.warnings)),
            _ => Err(self.report),
        }
    }

    fn find(&self, name: &str) -> Option<&'a Written> {
        self.settings.iter().find(|written| written.name == name)
    }

    /// The value, unless it is or may contain a secret, and its source.
    fn shown(&self, written: &Written) -> String {
        let source = match written.source {
            Source::Environment if self.dotenv.contains(&written.name) => Source::DotenvFile,
            source => source,
        };
        let text = &written.text;
        let secret = arguments()
            .iter()
            .any(|arg| name(arg) == written.name && arg.is_hide_env_values_set());
        // A URL may contain a password before `@`, or a key among its parameters.
        if secret || text.contains(['@', '?']) || text.chars().count() > SHOWN {
            format!(" ({source})")
        } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            format!("={text:?} ({source})")
        } else {
            format!("={text} ({source})")
        }
    }
}

/// The flag of a valid setting. An ignored one has none, and only what no setting may be is a problem.
fn check(arg: &Arg, written: &Written, ignored: bool) -> Result<Option<String>, String> {
    check_text(&written.name, &written.text, ignored)?;
    if ignored {
        return Ok(None);
    }
    let flag = format!("--{}={}", arg.get_long().unwrap_or_default(), written.text);
    let command = Command::new("setting").no_binary_name(true).arg(arg);
    match command.try_get_matches_from([&flag]) {
        Ok(_) => Ok(Some(flag)),
        Err(error) => {
            Err(Error::source(&error).map_or_else(|| "is invalid".to_owned(), ToString::to_string))
        }
    }
}

fn check_text(name: &str, text: &str, ignored: bool) -> Result<(), &'static str> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("must be UTF-8 text");
    }
    if text.starts_with(UNRESOLVED_REFERENCE) {
        return Err(
            "App Service could not resolve this Key Vault reference: check that the secret exists \
             and that the site's identity may read it",
        );
    }
    if ignored {
        return Ok(());
    }
    if PLACEHOLDERS.contains(&text) {
        return Err("this is a tutorial's placeholder: replace it with your own value");
    }
    if VERBATIM.contains(&name) {
        return Ok(());
    }
    if text.trim() != text {
        return Err("remove the whitespace before or after the value");
    }
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Err("remove the quotes around the value");
    }
    Ok(())
}
