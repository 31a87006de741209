//! Settings as they are written in flags, the environment and the `.env` file.

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::Definitions;

/// The settings that `app -h` shows.
const SUMMARY: [&str; 4] = ["host", "port", "base_url", "database_url"];

/// The text of every setting that is set. `app --help` is the documentation of all settings.
///
/// There is no `Debug`: the text of some settings is secret. `--help` does not show values for the same reason.
pub struct Settings(pub(super) Vec<Setting>);

/// The text of one setting; an empty value counts as unset.
pub(super) struct Setting {
    pub(super) arg: Arg,
    pub(super) text: String,
    pub(super) source: ValueSource,
}

impl Setting {
    /// The name of its environment variable.
    pub(super) fn name(&self) -> &str {
        let name = self.arg.get_env().and_then(|name| name.to_str());
        name.unwrap_or_default()
    }
}

/// The definitions of all settings.
pub(super) fn arguments() -> Vec<Arg> {
    let command = Definitions::augment_args(Command::new("settings"));
    command.get_arguments().cloned().collect()
}

impl Args for Settings {
    /// Accepts any text, so that all problems can be reported at once.
    fn augment_args(command: Command) -> Command {
        let text = OsStringValueParser::new().map(|text| text.to_string_lossy().into_owned());
        command.args(arguments().into_iter().map(|arg| {
            let in_summary = SUMMARY.contains(&arg.get_id().as_str());
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
        let read = |arg: Arg| {
            let id = arg.get_id().as_str();
            let source = matches.value_source(id)?;
            let text = matches.get_one::<String>(id)?.clone();
            let is_set = source != ValueSource::DefaultValue && !text.is_empty();
            is_set.then_some(Setting { arg, text, source })
        };
        Ok(Self(arguments().into_iter().filter_map(read).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
