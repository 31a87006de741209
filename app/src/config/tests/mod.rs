//! The configuration as a whole.

mod connection_string;
mod defaults;
mod documentation;
mod precedence;
mod problems;

use clap::builder::Resettable;
use clap::{Args, Command, FromArgMatches};

use sea_orm::sqlx::postgres::PgConnectOptions;

use super::{Config, ConfigError, DatabaseTarget, Settings};

/// A command that takes the settings as flags and knows nothing of the environment.
fn command() -> Command {
    Settings::augment_args(Command::new("app")).mut_args(|arg| arg.env(Resettable::Reset))
}

/// The names of all settings, as environment variables.
fn names() -> Vec<String> {
    Settings::augment_args(Command::new("app"))
        .get_arguments()
        .filter_map(|arg| arg.get_env())
        .map(|name| name.to_str().unwrap().to_owned())
        .collect()
}

fn load(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let flags = settings
        .iter()
        .map(|(name, value)| format!("--{}={value}", name.to_ascii_lowercase().replace('_', "-")));
    let matches = command().get_matches_from(std::iter::once("app".to_owned()).chain(flags));
    Config::from_settings(&Settings::from_arg_matches(&matches).unwrap())
}

fn config(settings: &[(&str, &str)]) -> Config {
    load(settings).unwrap()
}

fn problem(settings: &[(&str, &str)]) -> String {
    load(settings).unwrap_err().to_string()
}

fn postgres(config: &Config) -> &PgConnectOptions {
    match &config.database.target {
        DatabaseTarget::Postgres(options) => options,
        DatabaseTarget::Sqlite(_) => panic!("not PostgreSQL"),
    }
}

/// The password is only to be seen in the whole debug text of the driver.
fn has_password(config: &Config, password: &str) -> bool {
    format!("{:?}", postgres(config)).contains(&format!("password: Some({password:?})"))
}
