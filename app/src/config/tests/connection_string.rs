//! `AZURE_POSTGRESQL_CONNECTIONSTRING` and the driver's options.

use sea_orm::sqlx::postgres::PgSslMode;

use super::{config, has_password, postgres, problem};
use crate::config::Config;

fn by_string(keywords: &str) -> Config {
    config(&[("AZURE_POSTGRESQL_CONNECTIONSTRING", keywords)])
}

#[test]
fn the_connection_string_of_the_sample_is_read() {
    let config = by_string(
        "dbname=name host=a.example port=6543 sslmode=require user=me password=it\\'s=s3cret",
    );
    let options = postgres(&config);
    assert_eq!(
        (options.get_host(), options.get_port()),
        ("a.example", 6543)
    );
    assert_eq!(
        (options.get_username(), options.get_database()),
        ("me", Some("name"))
    );
    assert!(matches!(options.get_ssl_mode(), PgSslMode::Require));
    assert!(has_password(&config, "it's=s3cret"));
    assert!(!config.database.token_required);
}

#[test]
fn a_connection_string_may_be_a_url() {
    let config = by_string("postgresql://me:s3cret@a.example/name");
    assert_eq!(postgres(&config).get_host(), "a.example");
    assert!(has_password(&config, "s3cret"));
}

#[test]
fn a_connection_string_without_password_needs_a_token_and_encryption() {
    for (keywords, mode) in [
        ("host=a.example user=me", "Require"),
        (
            "host=a.example user=me password='' sslmode=prefer",
            "Require",
        ),
        ("host=a.example user=me sslmode=verify-full", "VerifyFull"),
        ("host=127.0.0.1 user=me sslmode=disable", "Disable"),
        ("postgres://me@a.example/name", "Require"),
    ] {
        let config = by_string(keywords);
        assert!(config.database.token_required, "{keywords}");
        assert_eq!(
            format!("{:?}", postgres(&config).get_ssl_mode()),
            mode,
            "{keywords}"
        );
    }
    let problem = problem(&[(
        "AZURE_POSTGRESQL_CONNECTIONSTRING",
        "host=a.example user=me sslmode=disable",
    )]);
    assert!(problem.contains("sslmode=require"), "{problem}");
    assert!(
        !config(&[("DATABASE_URL", "postgres://me@a.example/name")])
            .database
            .token_required
    );
}

#[test]
fn the_last_of_a_repeated_keyword_wins_and_the_name_defaults_to_the_user() {
    let config = by_string("host=a host=b user=me password=x");
    assert_eq!(
        (
            postgres(&config).get_host(),
            postgres(&config).get_database()
        ),
        ("b", Some("me"))
    );
    let config = by_string("hostaddr=10.0.0.1 user=me password=x");
    assert_eq!(postgres(&config).get_host(), "10.0.0.1");
}

#[test]
fn encryption_follows_libpq() {
    for (keywords, mode) in [
        ("", "Prefer"),
        ("sslmode=allow", "Prefer"),
        ("sslmode=disable", "Disable"),
        ("sslmode=require", "Require"),
        ("requiressl=1", "Require"),
        ("sslmode=require sslrootcert=ca.pem", "VerifyCa"),
        ("sslmode=verify-ca sslrootcert=ca.pem", "VerifyCa"),
        ("sslmode=verify-full", "VerifyFull"),
        ("sslrootcert=system", "VerifyFull"),
        ("sslmode=require host=/var/run/postgresql", "Disable"),
    ] {
        let config = by_string(&format!("host=a user=me password=x {keywords}"));
        assert_eq!(
            format!("{:?}", postgres(&config).get_ssl_mode()),
            mode,
            "{keywords}"
        );
    }
    for keywords in [
        "sslmode=verify-ca",
        "sslmode=Require",
        "sslmode=require sslrootcert=system",
        "sslcert=a.pem",
    ] {
        let string = format!("host=a user=me password=x {keywords}");
        assert!(
            problem(&[("AZURE_POSTGRESQL_CONNECTIONSTRING", &string)]).contains("ssl"),
            "{keywords}"
        );
    }
}

#[test]
fn a_keyword_without_effect_is_a_warning() {
    let config =
        by_string("host=a hostaddr=10.0.0.1 user=me password=x connect_timeout=5 keepalives=1");
    let warning = "AZURE_POSTGRESQL_CONNECTIONSTRING: connect_timeout, hostaddr, keepalives have no effect here";
    assert_eq!(config.warnings, [warning]);
}

#[test]
fn options_and_application_name_reach_the_driver_as_they_are() {
    let config = by_string(
        "host=a user=me password=x options='-c search_path=a\\\\ b' application_name='my app'",
    );
    assert_eq!(postgres(&config).get_application_name(), Some("my app"));
    assert!(
        postgres(&config)
            .get_options()
            .unwrap()
            .ends_with("-c search_path=a\\ b")
    );
}

#[test]
fn a_missing_or_wrong_part_is_refused() {
    for (keywords, what) in [
        ("user=a", "host"),
        ("host=a", "user"),
        ("host=a,b user=c", "one host"),
        ("host=a user=b port=0", "port"),
    ] {
        let problem = problem(&[("AZURE_POSTGRESQL_CONNECTIONSTRING", keywords)]);
        assert!(problem.contains(what), "{problem}");
    }
}
