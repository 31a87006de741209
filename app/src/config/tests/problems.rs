//! What is refused, and that a refusal is complete and keeps secrets.

use super::{config, names, problem};

#[test]
fn all_problems_are_told_at_once() {
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
        .map(|line| line.trim().split(':').next().unwrap())
        .collect();
    let expected = [
        "HOST",
        "PORT",
        "TRUSTED_PROXIES",
        "BASE_URL",
        "REQUEST_HEAD_LIMIT",
        "DATABASE_POOL_SIZE",
        "DATABASE_TIMEOUT",
        "DATABASE_URL",
        "LOG_FORMAT",
        "RUST_LOG",
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
        let told = problem
            .lines()
            .filter(|line| line.starts_with(&format!("  {name}: App Service could not")));
        assert_eq!(told.count(), 1, "{name}\n{problem}");
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
            problem.contains(&format!("\n  {name}: App Service could not")),
            "{problem}"
        );
    }
}

#[test]
fn a_value_that_is_not_text_is_refused() {
    let value = "a\u{fffd}";
    let problem = problem(&[("HOST", value), ("DBPASS", value)]);
    assert!(
        problem.contains("HOST: the value is not UTF-8")
            && problem.contains("DBPASS: the value is not UTF-8")
    );
}

#[test]
fn blanks_and_quotes_around_a_value_are_refused() {
    for (value, what) in [
        (" 8000", "blanks"),
        ("8000\n", "blanks"),
        ("   ", "blanks"),
        ("\"8000\"", "quotes"),
        ("'8000'", "quotes"),
    ] {
        assert!(
            problem(&[("PORT", value)]).contains(&format!("PORT: remove the {what}")),
            "{value}"
        );
    }
    for name in ["DATABASE_URL", "AZURE_POSTGRESQL_CONNECTIONSTRING"] {
        let problem = problem(&[(name, "\"host=a user=b\"")]);
        assert!(
            problem.contains(&format!("{name}: remove the quotes")),
            "{problem}"
        );
    }
}

#[test]
fn app_service_without_a_database_is_refused() {
    let problem = problem(&[("WEBSITE_HOSTNAME", "site.azurewebsites.net")]);
    assert!(
        problem.contains("AZURE_POSTGRESQL_CONNECTIONSTRING: name a database"),
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
    for (name, value) in [
        ("DATABASE_URL", "mysql://user:s3cret@host/name"),
        ("DATABASE_URL", "postgres//user:s3cret@host/name"),
        (
            "DATABASE_URL",
            "postgres://user:s3cret@host/name?sslmode=s3cret",
        ),
        (
            "DATABASE_URL",
            "postgres://user:s3cret@host/name?port=s3cret",
        ),
        ("DATABASE_URL", "sqlite://app.db?key=s3cret"),
        ("DATABASE_URL", "sqlite://?key=s3cret"),
        (
            "AZURE_POSTGRESQL_CONNECTIONSTRING",
            "postgres//user:s3cret@host/name?sslmode=require",
        ),
        (
            "AZURE_POSTGRESQL_CONNECTIONSTRING",
            "host=a user=b password=my s3cret=x",
        ),
        (
            "AZURE_POSTGRESQL_CONNECTIONSTRING",
            "host=a user=b password=my s3cret",
        ),
        ("AZURE_POSTGRESQL_CONNECTIONSTRING", "s3cret"),
        (
            "AZURE_POSTGRESQL_CONNECTIONSTRING",
            "host=a password=s3cret",
        ),
        (
            "AZURE_POSTGRESQL_CONNECTIONSTRING",
            "host=a user=b password=x sslmode=s3cret",
        ),
    ] {
        let problem = problem(&[(name, value)]);
        assert!(problem.contains(&format!("\n  {name}: ")), "{problem}");
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
        problem.contains(&format!("{name}: `usr` is not a keyword of libpq")),
        "{problem}"
    );
}
