//! Reads the text of settings and gathers every problem on the way.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use clap::builder::{OsStringValueParser, TypedValueParser};

/// App Service hands this text over in place of a Key Vault secret that it could not look up.
const UNRESOLVED_REFERENCE: &str = "@Microsoft.KeyVault(";

/// Every problem of the settings, each naming its setting and never showing a value.
#[derive(Debug)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    pub(super) fn single(problem: String) -> Self {
        Self(vec![problem])
    }
}

impl Display for ConfigError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(formatter, "The configuration has a problem:")?,
            count => write!(formatter, "The configuration has {count} problems:")?,
        }
        self.0
            .iter()
            .try_for_each(|problem| write!(formatter, "\n  {problem}"))
    }
}

impl Error for ConfigError {}

/// Turns text into values; what is wrong is noted and reading goes on.
#[derive(Default)]
pub(super) struct Reader {
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Reader {
    /// The value of a setting: `None` if it is unset, or unusable and noted as a problem.
    /// `parse` says what to write instead; it must not repeat the text.
    pub(super) fn parse<T>(
        &mut self,
        name: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name, value)?;
        parse(text)
            .map_err(|problem| self.problem(name, &problem))
            .ok()
    }

    /// The value of a setting that must be set, since another one asks for it: `reason` says which.
    pub(super) fn require<T>(
        &mut self,
        name: &str,
        value: Option<&str>,
        reason: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if !is_set(value) {
            self.problem(name, &format!("set it too: {reason}"));
        }
        self.parse(name, value, parse)
    }

    /// Replaces a default by the value of a setting, where it is set and usable.
    pub(super) fn set<T>(
        &mut self,
        target: &mut T,
        name: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) {
        if let Some(value) = self.parse(name, value, parse) {
            *target = value;
        }
    }

    /// The text of a setting in which neither blanks nor quotes around it can be meant.
    pub(super) fn text<'a>(&mut self, name: &str, value: Option<&'a str>) -> Option<&'a str> {
        let text = self.verbatim(name, value)?;
        if text.trim() != text {
            self.problem(name, "remove the blanks before or after the value");
            return None;
        }
        if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
            self.problem(name, "remove the quotes around the value");
            return None;
        }
        Some(text)
    }

    /// The text of a setting that may begin or end in anything.
    pub(super) fn verbatim<'a>(&mut self, name: &str, value: Option<&'a str>) -> Option<&'a str> {
        let text = value.filter(|text| !text.is_empty())?;
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.problem(name, "the value is not UTF-8 text");
            return None;
        }
        if text.starts_with(UNRESOLVED_REFERENCE) {
            self.problem(
                name,
                "App Service could not resolve this Key Vault reference: \
                 check that the secret exists and that the site's identity may read it",
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("{name}: {problem}"));
    }

    pub(super) fn warning(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// What was read and the warnings, or every problem. What could not be read (`None`) must have been a problem.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<(T, Vec<String>), ConfigError> {
        match read {
            Some(value) if self.problems.is_empty() => Ok((value, self.warnings)),
            _ => Err(ConfigError(self.problems)),
        }
    }
}

/// Accepts what is not UTF-8, marked, so that it is told with all other problems.
pub(super) fn readable_text() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().map(|text| text.to_string_lossy().into_owned())
}

/// Whether a setting has a value; an empty one counts as unset.
pub(super) fn is_set(value: Option<&str>) -> bool {
    value.is_some_and(|text| !text.is_empty())
}
