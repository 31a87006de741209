//! Checks the text of all settings and collects every problem.

use std::collections::BTreeSet;
use std::error::Error as _;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Args as _, Command, FromArgMatches as _};

use super::settings::{Setting, Settings};
use super::telemetry::LogFormat;
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
const MAX_SHOWN_LENGTH: usize = 80;

/// Every problem of the settings, each with the setting's name, value (unless it is secret) and source.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(problems: Vec<String>, warnings: Vec<String>) -> Self {
        let count = match problems.len() {
            1 => "a problem".to_owned(),
            count => format!("{count} problems"),
        };
        let warnings = warnings
            .into_iter()
            .map(|warning| format!("warning: {warning}"));
        let lines: Vec<_> = problems.into_iter().chain(warnings).collect();
        let lines = lines.join("\n  ");
        Self(format!("The configuration has {count}:\n  {lines}"))
    }
}

/// Turns the text of settings into values. A problem is recorded, and reading continues.
pub(super) struct Reader<'a> {
    settings: &'a Settings,
    /// Variables that were added to the environment from the `.env` file.
    dotenv: &'a BTreeSet<String>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(settings: &'a Settings, dotenv: &'a BTreeSet<String>) -> Self {
        Self {
            settings,
            dotenv,
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Parses every setting by its own parser. What is unset or invalid gets its default.
    pub(super) fn parse(&mut self) -> Result<Definitions, ConfigError> {
        let sign_in = self.is_set(sign_in::SWITCH);
        let mut flags = Vec::new();
        for setting in &self.settings.0 {
            let ignored = !sign_in && setting.arg.get_help_heading() == Some(sign_in::HEADING);
            match setting.check(ignored) {
                Err(problem) => self.problem(setting.name(), &problem),
                Ok(()) if ignored => {}
                Ok(()) => flags.push(setting.flag()),
            }
        }
        let log_format = LogFormat::of_stdout();
        Definitions::augment_args(Command::new("settings").no_binary_name(true))
            // The environment has been read already.
            .mut_args(|arg| arg.env(Resettable::Reset))
            .mut_arg("log_format", |arg| arg.default_value(log_format))
            .try_get_matches_from(flags)
            .and_then(|matches| Definitions::from_arg_matches(&matches))
            .map_err(|error| ConfigError::new(vec![error.to_string()], Vec::new()))
    }

    /// Whether a setting has a value, valid or not.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn has_value(&self, name: &str, value: &str) -> bool {
        self.find(name).is_some_and(|setting| setting.text == value)
    }

    /// Records a problem if a setting is missing that another one requires; `reason` names the other one.
    pub(super) fn require(&mut self, name: &str, reason: &str) {
        if !self.is_set(name) {
            self.problem(name, &format!("set it too: {reason}"));
        }
    }

    /// The value, or `None` and a problem of this setting.
    pub(super) fn checked<T, E: AsRef<str>>(
        &mut self,
        name: &str,
        value: Result<T, E>,
    ) -> Option<T> {
        value
            .map_err(|problem| self.problem(name, problem.as_ref()))
            .ok()
    }

    pub(super) fn problem(&mut self, name: &str, problem: &str) {
        let shown = self.find(name).map(|setting| self.shown(setting));
        let problem = format!("{name}{}: {problem}", shown.unwrap_or_default());
        self.problems.push(problem);
    }

    pub(super) fn warning(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// What was read and the warnings, or every problem. What could not be read (`None`) must have been a problem.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<(T, Vec<String>), ConfigError> {
        match read {
            Some(value) if self.problems.is_empty() => Ok((value, self.warnings)),
            _ => Err(ConfigError::new(self.problems, self.warnings)),
        }
    }

    fn find(&self, name: &str) -> Option<&'a Setting> {
        let mut settings = self.settings.0.iter();
        settings.find(|setting| setting.name() == name)
    }

    /// The value, unless it is or may contain a secret, and its source.
    fn shown(&self, setting: &Setting) -> String {
        let source = match setting.source {
            ValueSource::CommandLine => "flag",
            _ if self.dotenv.contains(setting.name()) => ".env file",
            _ => "environment",
        };
        let text = &setting.text;
        // A URL may contain a password before `@`, or a key among its parameters.
        let may_be_secret = setting.arg.is_hide_env_values_set() || text.contains(['@', '?']);
        if may_be_secret || text.chars().count() > MAX_SHOWN_LENGTH {
            format!(" ({source})")
        } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            format!("={text:?} ({source})")
        } else {
            format!("={text} ({source})")
        }
    }
}

impl Setting {
    fn flag(&self) -> String {
        let name = self.arg.get_long().unwrap_or_default();
        format!("--{name}={}", self.text)
    }

    /// Checks the text by its own parser. An ignored setting is refused only for what no setting may be.
    fn check(&self, ignored: bool) -> Result<(), String> {
        self.check_text(ignored)?;
        if ignored {
            return Ok(());
        }
        let command = Command::new("setting").no_binary_name(true).arg(&self.arg);
        let checked = command.try_get_matches_from([self.flag()]);
        checked.map(drop).map_err(|error| {
            let problem = error.source().map(ToString::to_string);
            problem.unwrap_or_else(|| "is invalid".to_owned())
        })
    }

    fn check_text(&self, ignored: bool) -> Result<(), &'static str> {
        let text = self.text.as_str();
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
        if VERBATIM.contains(&self.name()) {
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
}
