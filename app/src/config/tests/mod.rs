//! Tests of the whole configuration.

mod connection_string;
mod defaults;
mod documentation;
mod environment;
mod precedence;
mod problems;
mod redirect_uri;
mod sign_in;
mod sign_in_problems;

use std::collections::BTreeSet;

use clap::builder::Resettable;
use clap::{Args, Command, FromArgMatches};

use sea_orm::sqlx::postgres::PgConnectOptions;

use super::{Config, ConfigError, DatabaseTarget, Settings};

/// A sufficient configuration of sign-in.
const SIGN_IN: [(&str, &str); 4] = [
    ("AZURE_CLIENT_ID", "client"),
    ("AZURE_TENANT_ID", "contoso.onmicrosoft.com"),
    ("AZURE_CLIENT_SECRET", "s3cret"),
    ("SESSION_SECRET_KEY", "0123456789abcdef0123456789s3cret"),
];

/// A command that reads flags only.
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
    let flags = std::iter::once("app".to_owned()).chain(flags);
    let matches = command().try_get_matches_from(flags);
    let matches = matches.unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings::from_arg_matches(&matches).unwrap();
    Config::from_settings(&settings, &BTreeSet::new())
}

/// A sufficient configuration of sign-in with these changes.
fn with_sign_in<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let unchanged = SIGN_IN.into_iter().filter(|(name, _)| !is_changed(name));
    unchanged.chain(changes.iter().copied()).collect()
}

fn config(settings: &[(&str, &str)]) -> Config {
    load(settings).unwrap()
}

fn problem(settings: &[(&str, &str)]) -> String {
    load(settings).unwrap_err().to_string()
}

fn postgres(config: &Config) -> &PgConnectOptions {
    match &config.database.target {
        DatabaseTarget::Postgres { primary, .. } => primary,
        DatabaseTarget::Sqlite(_) => panic!("not PostgreSQL"),
    }
}

/// Only the driver's debug text shows the password.
fn has_password(config: &Config, password: &str) -> bool {
    format!("{:?}", postgres(config)).contains(&format!("password: Some({password:?})"))
}
