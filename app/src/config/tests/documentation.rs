//! `--help`, `.env.sample` and the program agree.

use std::collections::BTreeSet;

use clap::{Args, Command, CommandFactory, Parser, Subcommand};

use super::{SIGN_IN, config, names};
use crate::config::{Config, Settings};

const SAMPLE: &str = include_str!("../../../../.env.sample");

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Subcommand)]
enum Subcommands {
    Serve,
}

/// The settings of the sample file with their values, which are commented out.
fn sample() -> Vec<(&'static str, &'static str)> {
    SAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='))
        .filter(|(name, _)| !name.contains(' '))
        .collect()
}

/// The entry of each setting in `--help`.
fn help_entries() -> Vec<String> {
    let help = Program::command().render_long_help().to_string();
    help.split("\n      --").map(str::to_owned).collect()
}

#[test]
fn the_sample_file_lists_every_setting_in_the_order_of_the_help() {
    let sampled: Vec<_> = sample()
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let names = names();
    let unknown: Vec<_> = sampled
        .iter()
        .filter(|name| !names.contains(name))
        .collect();
    assert!(unknown.is_empty(), "unknown settings: {unknown:?}");
    assert_eq!(sampled, names);
}

#[test]
fn the_sample_file_describes_every_setting_as_the_help_does_and_in_its_groups() {
    let command = Settings::augment_args(Command::new("app"));
    let mut heading = None;
    for arg in command.get_arguments() {
        let help = arg.get_help().unwrap().to_string();
        let default = arg.get_default_values().first();
        let default = default.map_or("", |default| default.to_str().unwrap());
        let entry = format!(
            "# {help}\n#{}={default}\n",
            arg.get_env().unwrap().to_str().unwrap()
        );
        let new_heading = arg.get_help_heading().filter(|new| Some(*new) != heading);
        let entry = new_heading
            .map(|new| format!("\n## {new}\n\n{entry}"))
            .unwrap_or(entry);
        heading = arg.get_help_heading();
        assert!(SAMPLE.contains(&entry), "not in .env.sample:\n{entry}");
    }
}

#[test]
fn the_documented_defaults_are_those_of_the_program() {
    for set in [&[][..], &SIGN_IN] {
        let unset = sample()
            .into_iter()
            .filter(|(name, _)| !set.iter().any(|(other, _)| other == name));
        let all: Vec<_> = set.iter().copied().chain(unset).collect();
        assert_eq!(format!("{:?}", config(&all)), format!("{:?}", config(set)));
    }
}

#[test]
fn the_help_names_every_setting_and_shows_no_value() {
    let help = help_entries();
    for name in names() {
        let flag = format!("{} ", name.to_ascii_lowercase().replace('_', "-"));
        let entry = help.iter().find(|entry| entry.starts_with(&flag)).unwrap();
        assert!(entry.contains(&format!("[env: {name}]")), "{entry}");
    }
    let settings = Settings::augment_args(Command::new("app"));
    assert!(
        settings
            .get_arguments()
            .all(clap::Arg::is_hide_env_values_set)
    );
}

#[test]
fn a_flag_may_stand_before_or_after_the_subcommand() {
    for flags in [["app", "--port=81", "serve"], ["app", "serve", "--port=81"]] {
        let program = Program::try_parse_from(flags).unwrap();
        assert!(program.command.is_some());
        let config = Config::from_settings(&program.settings, &BTreeSet::new());
        assert_eq!(config.unwrap().http.port, 81);
    }
}
