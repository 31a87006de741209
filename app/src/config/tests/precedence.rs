//! The precedence of the settings that name a database.

use super::{config, has_password, postgres};
use crate::config::DatabaseTarget;

const URL: (&str, &str) = ("DATABASE_URL", "postgres://user:s3cret@by-url/name");
const CONNECTION_STRING: (&str, &str) = (
    "AZURE_POSTGRESQL_CONNECTIONSTRING",
    "host=by-string user=user password=s3cret",
);
const PARTS: [(&str, &str); 4] = [
    ("DBHOST", "by-parts"),
    ("DBNAME", "name"),
    ("DBUSER", "user"),
    ("DBPASS", " s3cret' "),
];

#[test]
fn the_first_database_that_is_set_wins_and_the_others_are_named() {
    let all = [&[URL, CONNECTION_STRING], &PARTS[..]].concat();
    let by_url = config(&all);
    assert_eq!(postgres(&by_url).get_host(), "by-url");
    let ignored = "AZURE_POSTGRESQL_CONNECTIONSTRING, DBHOST, DBNAME, DBUSER, DBPASS ignored, because DATABASE_URL is set";
    assert_eq!(by_url.warnings, [ignored]);
    let by_string = config(&all[1..]);
    assert_eq!(postgres(&by_string).get_host(), "by-string");
    assert_eq!(by_string.warnings.len(), 1);
    let by_parts = config(&PARTS);
    assert_eq!(postgres(&by_parts).get_host(), "by-parts");
    assert!(has_password(&by_parts, " s3cret' "));
    assert!(by_parts.warnings.is_empty());
}

#[test]
fn a_sqlite_file_is_created_unless_its_url_says_otherwise() {
    for (url, created) in [
        ("sqlite://a.db", true),
        ("sqlite:a.db", true),
        ("sqlite:///srv/a.db?cache=private", true),
        ("sqlite://a.db?mode=rwc", true),
        ("sqlite://a.db?mode=rw", false),
    ] {
        let config = config(&[("DATABASE_URL", url)]);
        let DatabaseTarget::Sqlite(options) = config.database.target else {
            panic!("not SQLite")
        };
        assert!(
            format!("{options:?}").contains(&format!("create_if_missing: {created}")),
            "{url}"
        );
    }
}

#[test]
fn an_in_memory_database_has_one_connection() {
    for url in [
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://a?mode=memory",
    ] {
        let database = config(&[("DATABASE_URL", url)]).database;
        let pool_size = database.settings.database_pool_size;
        assert_eq!((pool_size, database.in_memory), (1, true), "{url}");
    }
}

#[test]
fn the_relative_path_of_sqlalchemy_is_relative_here() {
    for (url, file) in [
        ("sqlite:///./x.db", "./x.db"),
        ("sqlite:///../x.db", "../x.db"),
        ("sqlite:///.x.db", "/.x.db"),
        ("sqlite:///srv/x.db", "/srv/x.db"),
        ("sqlite://x.db", "x.db"),
    ] {
        let config = config(&[("DATABASE_URL", url)]);
        let DatabaseTarget::Sqlite(options) = config.database.target else {
            panic!("not SQLite")
        };
        assert_eq!(options.get_filename().to_str(), Some(file), "{url}");
    }
}

#[test]
fn a_percent_sign_in_the_password_is_remembered() {
    let parts = [PARTS[0], PARTS[1], PARTS[2], ("DBPASS", "a%40b")];
    let config = config(&parts);
    assert!(has_password(&config, "a%40b"));
    assert!(config.database.percent_in_password);
}
