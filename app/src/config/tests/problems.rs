//! Invalid settings: all are reported, and no secret is shown.

use std::collections::BTreeSet;

use clap::FromArgMatches as _;
use clap::parser::ValueSource;

use super::{command, config, names, problem, with_sign_in};
use crate::config::settings::{Setting, arguments};
use crate::config::{Config, DatabaseTarget, Settings};

#[test]
fn all_problems_are_reported_at_once() {
    let problem = problem(&[
        ("HOST", "localhost:80"),
        ("PORT", "eighty"),
        ("BASE_URL", "example.com/path"),
        ("TRUSTED_PROXIES", "everyone"),
        ("REQUEST_HEAD_LIMIT", "1"),
        ("DATABASE_URL", "mysql://a:b@c/d"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_TIMEOUT", "0s"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "app=loud"),
    ]);
    let lines: Vec<_> = problem.lines().collect();
    assert_eq!(lines[0], "The configuration has 10 problems:");
    let named: Vec<_> = lines[1..]
        .iter()
        .map(|line| line.trim().split(['=', ' ']).next().unwrap())
        .collect();
    let expected = [
        "HOST",
        "PORT",
        "BASE_URL",
        "TRUSTED_PROXIES",
        "REQUEST_HEAD_LIMIT",
        "DATABASE_POOL_SIZE",
        "DATABASE_TIMEOUT",
        "LOG_FORMAT",
        "RUST_LOG",
        "DATABASE_URL",
    ];
    assert_eq!(named, expected);
}

#[test]
fn an_unresolved_key_vault_reference_is_refused_in_every_setting() {
    let names = names();
    let reference = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/s3cret)";
    let all: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), reference))
        .collect();
    let problem = problem(&all);
    for name in &names {
        let reported = problem
            .lines()
            .filter(|line| line.starts_with(&format!("  {name} (flag): App Service could not")));
        assert_eq!(reported.count(), 1, "{name}\n{problem}");
    }
    assert!(!problem.contains("s3cret"));
}

#[test]
fn an_unresolved_key_vault_reference_is_refused_even_where_it_has_no_effect() {
    for name in names() {
        let problem = problem(&[(
            &name,
            "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/s3cret)",
        )]);
        assert!(
            problem.contains(&format!("\n  {name} (flag): App Service could not")),
            "{problem}"
        );
    }
}

#[test]
fn a_value_that_is_not_text_is_refused() {
    let value = "a\u{fffd}";
    let problem = problem(&[("HOST", value), ("DBPASS", value)]);
    assert!(
        problem.contains("HOST=a\u{fffd} (flag): must be UTF-8")
            && problem.contains("DBPASS (flag): must be UTF-8")
    );
}

#[test]
fn whitespace_and_quotes_around_a_value_are_refused() {
    for (value, what) in [
        (" 8000", "whitespace"),
        ("8000\n", "whitespace"),
        ("   ", "whitespace"),
        ("\"8000\"", "quotes"),
        ("'8000'", "quotes"),
    ] {
        assert!(
            problem(&[("PORT", value)]).contains(&format!(" (flag): remove the {what}")),
            "{value}"
        );
    }
    for name in ["DATABASE_URL", "AZURE_POSTGRESQL_CONNECTIONSTRING"] {
        let problem = problem(&[(name, "\"host=a user=b\"")]);
        assert!(
            problem.contains(&format!("{name} (flag): remove the quotes")),
            "{problem}"
        );
    }
}

#[test]
fn a_security_contact_is_an_address_of_a_known_scheme() {
    for contact in ["mailto:security@example.org", "https://example.org/report"] {
        let http = config(&[("SECURITY_CONTACT", contact)]).http;
        assert_eq!(http.security_contact.as_deref(), Some(contact));
    }
    for contact in ["security@example.org", "http://example.org", "mailto:a@b c"] {
        assert!(problem(&[("SECURITY_CONTACT", contact)]).contains("SECURITY_CONTACT"));
    }
}

#[test]
fn app_service_without_a_database_is_refused() {
    let problem = problem(&[("WEBSITE_HOSTNAME", "site.azurewebsites.net")]);
    assert!(
        problem.contains("AZURE_POSTGRESQL_CONNECTIONSTRING: set it, or another database"),
        "{problem}"
    );
}

#[test]
fn the_parts_of_a_database_are_required_together() {
    let problem = problem(&[("DBPASS", "s3cret"), ("DBUSER", "user")]);
    assert!(
        problem.contains("DBHOST: set it too") && problem.contains("DBNAME: set it too"),
        "{problem}"
    );
    assert!(!problem.contains("DBUSER: "), "{problem}");
}

#[test]
fn no_problem_shows_a_secret() {
    const URL: &str = "DATABASE_URL";
    const KEYWORDS: &str = "AZURE_POSTGRESQL_CONNECTIONSTRING";
    for (name, value) in [
        (URL, "mysql://user:s3cret@host/name"),
        (URL, "postgres//user:s3cret@host/name"),
        (URL, "postgres://user:s3cret@host/name?sslmode=s3cret"),
        (URL, "postgres://user:s3cret@host/name?port=s3cret"),
        (URL, "sqlite://app.db?key=s3cret"),
        (URL, "sqlite://?key=s3cret"),
        (KEYWORDS, "postgres//user:s3cret@host/name?sslmode=require"),
        (KEYWORDS, "host=a user=b password=my s3cret=x"),
        (KEYWORDS, "host=a user=b password=my s3cret"),
        (KEYWORDS, "s3cret"),
        (KEYWORDS, "host=a password=s3cret"),
        (KEYWORDS, "host=a user=b password=x sslmode=s3cret"),
    ] {
        let problem = problem(&[(name, value)]);
        let start = format!("\n  {name} (flag): ");
        assert!(problem.contains(&start), "{problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn a_word_of_an_unquoted_password_is_not_named() {
    let keywords = "host=a user=b password=my secretword=x";
    let problem = problem(&[("AZURE_POSTGRESQL_CONNECTIONSTRING", keywords)]);
    assert!(problem.contains("needs single quotes"), "{problem}");
    assert!(!problem.contains("secretword"), "{problem}");
}

#[test]
fn the_debug_text_of_a_configuration_shows_no_secret() {
    for (name, value) in [
        ("DATABASE_URL", "postgres://user:s3cret@host/name"),
        (
            "AZURE_POSTGRESQL_CONNECTIONSTRING",
            "host=a user=b password=s3cret",
        ),
    ] {
        assert!(!format!("{:?}", config(&[(name, value)])).contains("s3cret"));
    }
}

#[test]
fn a_mistyped_keyword_is_named() {
    let name = "AZURE_POSTGRESQL_CONNECTIONSTRING";
    let problem = problem(&[(name, "host=a usr=b password=c")]);
    assert!(
        problem.contains(&format!("{name} (flag): `usr` is not a keyword of libpq")),
        "{problem}"
    );
}

#[test]
fn a_problem_names_the_value_and_its_source() {
    let names = BTreeSet::from(["HOST".to_owned()]);
    let matches = command().get_matches_from(["app", "--port=99999", "--form-body-limit= 1"]);
    let mut settings = Settings::from_arg_matches(&matches).unwrap();
    for arg in arguments() {
        if ["host", "rust_log"].contains(&arg.get_id().as_str()) {
            let (text, source) = ("a_b=c".to_owned(), ValueSource::EnvVariable);
            settings.0.push(Setting { arg, text, source });
        }
    }
    let problem = Config::from_settings(&settings, &names).unwrap_err();
    for line in [
        "PORT=99999 (flag): must be 0 to 65535",
        "FORM_BODY_LIMIT=\" 1\" (flag): remove the whitespace",
        "HOST=a_b=c (.env file): must be an address",
        "RUST_LOG=a_b=c (environment): must be levels",
    ] {
        assert!(problem.to_string().contains(line), "{problem}");
    }
}

#[test]
fn a_value_that_may_contain_a_secret_is_not_shown() {
    for (name, value) in [
        ("BASE_URL", "https://user:s3cret@example.com"),
        ("BASE_URL", "https://example.com/?s3cret"),
        ("PORT", &"s3cret".repeat(20)),
    ] {
        let problem = problem(&[(name, value)]);
        assert!(problem.contains(&format!("{name} (flag): ")), "{problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn a_placeholder_of_a_tutorial_is_refused() {
    for (name, value) in [
        ("AZURE_CLIENT_ID", "your-client-id"),
        ("SESSION_SECRET_KEY", "your-secure-random-session-secret"),
        (
            "SESSION_SECRET_KEY",
            "replace-this-with-a-long-random-secret",
        ),
    ] {
        let problem = problem(&with_sign_in(&[(name, value)]));
        assert!(
            problem.contains(&format!("{name} (flag): this is a tutorial's placeholder")),
            "{problem}"
        );
    }
}

#[test]
fn the_url_of_another_program_gets_a_message_that_helps() {
    for (url, what) in [
        (
            "jdbc:postgresql://host/name?user=a&password=s3cret",
            "remove `jdbc:`",
        ),
        ("postgresql+asyncpg://a:s3cret@host/name", "remove the `+`"),
        (
            "mysql://a:s3cret@host/name",
            "must be sqlite://path or postgres://",
        ),
    ] {
        for name in ["DATABASE_URL", "AZURE_POSTGRESQL_CONNECTIONSTRING"] {
            let problem = problem(&[(name, url)]);
            assert!(
                problem.contains(&format!("{name} (flag): {what}")),
                "{problem}"
            );
            assert!(!problem.contains("s3cret"), "{problem}");
        }
    }
}

#[test]
fn a_host_set_by_a_shell_gets_a_message_that_helps() {
    let problem = problem(&[("HOST", "x86_64-pc-linux-gnu")]);
    assert!(problem.contains("some shells set HOST"), "{problem}");
}

#[test]
fn replicas_are_urls_of_a_postgresql_database() {
    let primary = ("DATABASE_URL", "postgres://user@host/name");
    let replicas = "postgres://user:s3cret@one/name, postgres://user@other/name";
    let config = config(&[primary, ("DATABASE_READ_URL", replicas)]);
    let DatabaseTarget::Postgres { replicas: both, .. } = &config.database.target else {
        panic!("not PostgreSQL")
    };
    assert_eq!(both.len(), 2);
    assert!(!format!("{config:?}").contains("s3cret"));
    let sqlite = problem(&[("DATABASE_READ_URL", replicas)]);
    assert!(
        sqlite.contains("DATABASE_READ_URL") && sqlite.contains("only a PostgreSQL database"),
        "{sqlite}"
    );
    for invalid in [
        "postgres://user:s3cret@one/name,nonsense",
        "postgres://one/s3cret",
    ] {
        let problem = problem(&[primary, ("DATABASE_READ_URL", invalid)]);
        assert!(problem.contains("DATABASE_READ_URL"), "{problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}
