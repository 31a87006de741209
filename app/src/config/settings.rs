//! Settings as they are written in flags, the environment and the `.env` file, each with its source.

use std::fmt::{self, Display, Formatter};

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::Definitions;

/// The settings that `app -h` shows.
const SUMMARY: [&str; 4] = ["HOST", "PORT", "BASE_URL", "DATABASE_URL"];

/// The text of every setting that is set. `app --help` is the documentation of all settings.
///
/// There is no `Debug`: the text of some settings is secret. `--help` does not show values for the same reason.
pub struct Settings(Vec<Written>);

/// The text of one setting, and where it was found.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) source: Source,
}

/// Where a setting was found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Flag,
    Environment,
    DotenvFile,
}

/// The arguments of all settings. A setting is named by its environment variable.
pub(super) fn arguments() -> Vec<Arg> {
    let command = Definitions::augment_args(Command::new("settings"));
    let arguments = command.get_arguments().cloned();
    // Missing settings are reported together with all other problems, not by clap.
    arguments.map(|arg| arg.required(false)).collect()
}

/// The environment variable of a setting.
pub(super) fn name(arg: &Arg) -> &str {
    arg.get_env()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

impl Settings {
    /// Settings that are set to something; an empty value counts as unset.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Written> {
        self.0.iter()
    }

    #[cfg(test)]
    pub(super) fn push_environment(&mut self, name: &str, text: &str) {
        self.0.push(Written {
            name: name.to_owned(),
            text: text.to_owned(),
            source: Source::Environment,
        });
    }
}

impl Args for Settings {
    /// Accepts any text, so that all problems can be reported at once.
    fn augment_args(command: Command) -> Command {
        let text = OsStringValueParser::new().map(|text| text.to_string_lossy().into_owned());
        command.args(arguments().into_iter().map(|arg| {
            let in_summary = SUMMARY.contains(&name(&arg));
            arg.global(true)
                .hide_env_values(true)
                .hide_short_help(!in_summary)
                .value_parser(text.clone())
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let written = |arg: &Arg| Written::read(arg, matches);
        Ok(Self(arguments().iter().filter_map(written).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Written {
    fn read(arg: &Arg, matches: &ArgMatches) -> Option<Self> {
        let id = arg.get_id().as_str();
        let source = match matches.value_source(id)? {
            ValueSource::CommandLine => Source::Flag,
            ValueSource::EnvVariable => Source::Environment,
            _ => return None,
        };
        let text = matches.get_one::<String>(id)?.clone();
        (!text.is_empty()).then(|| Self {
            name: name(arg).to_owned(),
            text,
            source,
        })
    }
}

impl Display for Source {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::DotenvFile => ".env file",
        })
    }
}
