//! Environment variables that are mistaken for settings.

use std::collections::BTreeSet;

use clap::FromArgMatches as _;

use super::command;
use crate::config::Settings;
use crate::config::environment::check;
use crate::config::reader::Reader;

fn warnings(names: &[&str], flags: &[&str]) -> Vec<String> {
    let matches = command().get_matches_from([&["app"], flags].concat());
    let settings = Settings::from_arg_matches(&matches).unwrap();
    let dotenv = BTreeSet::new();
    let mut reader = Reader::new(&settings, &dotenv);
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    check(&names, &mut reader);
    reader.finish(Some(())).unwrap().1
}

#[test]
fn a_variable_of_the_tutorials_is_a_warning_that_names_the_new_one() {
    for (names, expected) in [
        (
            vec!["SECRET_KEY"],
            vec!["SECRET_KEY has no effect: set SESSION_SECRET_KEY instead"],
        ),
        (vec!["CLIENT_ID"], vec![]),
        (
            vec!["CLIENT_ID", "TENANT_ID"],
            vec![
                "CLIENT_ID has no effect: set AZURE_CLIENT_ID instead",
                "TENANT_ID has no effect: set AZURE_TENANT_ID instead",
            ],
        ),
    ] {
        assert_eq!(warnings(&names, &[]), expected);
    }
    let flags = [
        "--session-secret-key=a",
        "--azure-client-id=b",
        "--azure-tenant-id=c",
    ];
    let names = ["SECRET_KEY", "CLIENT_ID", "TENANT_ID"];
    assert_eq!(warnings(&names, &flags), Vec::<String>::new());
}

#[test]
fn a_connection_string_of_app_service_is_a_warning() {
    let warnings = warnings(&["POSTGRESQLCONNSTR_SITE"], &[]);
    assert!(warnings[0].starts_with("POSTGRESQLCONNSTR_SITE has no effect: set AZURE_"));
}

#[test]
fn a_variable_of_the_driver_is_a_warning() {
    let warnings = warnings(&["PGOPTIONS", "PGHOST"], &[]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("PGOPTIONS is set and read by the database driver"));
}
