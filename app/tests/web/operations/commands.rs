//! The other commands than `app serve`, and settings with which the app does not start.

use std::process::Output;

use super::Server;
use crate::feature::TABLE;
use harness::{Process, run_app};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn assert_failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    text(&output.stderr)
}

#[tokio::test]
async fn healthcheck_exits_with_0_only_if_the_site_is_alive() {
    let process = Process::serve(&[]).await;
    let (_, port) = process.url.rsplit_once(':').expect("a port");
    let alive = run_app(&["healthcheck"], &[("PORT", port)]).await;
    assert!(alive.status.success(), "{alive:?}");
    let port = port.to_owned();
    drop(process);
    let dead = run_app(&["healthcheck"], &[("PORT", &port)]).await;
    let message = assert_failed(&dead);
    assert!(message.contains(&port), "{message}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn migrate_creates_the_schema_and_does_nothing_the_second_time() {
    let server = Server::create().await;
    for _ in 0..2 {
        let output = run_app(&["migrate"], &[("DATABASE_URL", server.url())]).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            server
                .number(&format!("SELECT count(*) FROM {TABLE}"))
                .await,
            0
        );
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn migrate_fails_with_the_cause_without_a_database() {
    let server = Server::create().await;
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_password(Some("swordfish-0815"))
        .expect("a URL with a user");
    let output = run_app(&["migrate"], &[("DATABASE_URL", url.as_str())]).await;
    let message = assert_failed(&output);
    assert!(
        message.contains("password authentication failed"),
        "{message}"
    );
    assert!(!message.contains("swordfish-0815"), "{message}");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_the_settings() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = run_app(&["serve"], &[("PORT", &port)]).await;
    let message = assert_failed(&output);
    for part in ["HOST", "PORT", &port, "in use"] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
}

#[tokio::test]
async fn all_invalid_settings_are_reported_at_once_without_secrets() {
    let settings = [
        ("PORT", "swordfish1"),
        ("BASE_URL", "swordfish2"),
        ("FORM_BODY_LIMIT", "swordfish3"),
        ("SHUTDOWN_GRACE", "swordfish4"),
        ("DATABASE_URL", "mysql://user:swordfish5@host/name"),
        ("LOG_FORMAT", "swordfish6"),
        ("TRUSTED_PROXIES", "swordfish7"),
    ];
    let output = run_app(&[], &settings).await;
    let message = assert_failed(&output);
    for (name, _) in settings {
        let is_named = ["=", ": ", " ("]
            .iter()
            .any(|end| message.contains(&format!("{name}{end}")));
        assert!(is_named, "{name}: {message}");
    }
    assert!(message.contains("7 problems"), "{message}");
    assert!(
        message.contains("PORT=swordfish1 (environment): "),
        "{message}"
    );
    assert!(!message.contains("swordfish5"), "{message}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
}

#[tokio::test]
async fn an_unknown_command_or_flag_is_rejected() {
    for arguments in [["srve"], ["--prot=80"]] {
        let output = run_app(&arguments, &[]).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(arguments[0].split('=').next().unwrap()));
    }
}

#[tokio::test]
async fn help_does_not_show_the_values_of_secrets() {
    let secret = ("DATABASE_URL", "postgres://user:swordfish@host/name");
    let output = run_app(&["--help"], &[secret, ("DBPASS", "swordfish")]).await;
    assert!(output.status.success());
    assert!(!text(&output.stdout).contains("swordfish"));
}

#[tokio::test]
async fn the_help_of_a_command_shows_only_the_settings_that_it_reads() {
    for (command, shown, hidden) in [
        ("migrate", "--database-url", "--port"),
        ("healthcheck", "--port", "--rate-limit-writes"),
        ("completions", "--help", "--port"),
    ] {
        let output = run_app(&[command, "--help"], &[]).await;
        let help = text(&output.stdout);
        assert!(help.contains(shown), "{command}: {help}");
        assert!(!help.contains(hidden), "{command}: {help}");
    }
}
