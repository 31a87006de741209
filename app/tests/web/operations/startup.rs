//! Starting before the database does, and with what is wrong in the settings.

use std::time::{Duration, Instant};

use super::Server;
use crate::support::example::{FIELDS, FORM, FORM_PAGE};
use crate::support::{Forwarder, LONG, Process, eventually};

/// design: `/readyz` answers within 2 s, and a second for a busy machine.
const READY_ANSWER: Duration = Duration::from_secs(3);

/// design: healthy again within 5 s of the database's return, and what a busy machine adds.
const HEALED: Duration = Duration::from_secs(8);

#[tokio::test]
async fn the_site_listens_without_its_database_and_heals_when_it_comes() {
    let server = Server::create().await;
    let forwarder = Forwarder::closed(server.url());
    let process = Process::serve(&[("DATABASE_URL", &forwarder.url)]).await;
    let visitor = process.visitor();
    assert_eq!(visitor.get("/livez").await.status.as_u16(), 200);
    for path in ["/readyz", "/", FORM_PAGE] {
        let started = Instant::now();
        let answer = visitor.get(path).await;
        assert!(
            started.elapsed() < READY_ANSWER,
            "{path}: {:?}",
            started.elapsed()
        );
        assert_eq!(answer.status.as_u16(), 503, "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        assert!(
            answer.body.contains(answer.header("x-request-id")),
            "{path}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'self'"),
            "{path}"
        );
    }
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 503);

    forwarder.open();
    eventually("ready again", HEALED, async || {
        (visitor.get("/readyz").await.status.as_u16() == 200).then_some(())
    })
    .await;
    assert_eq!(visitor.get("/").await.status.as_u16(), 200);
    assert_eq!(visitor.post(FORM, &FIELDS).await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_wrong_password_is_logged_by_its_cause_without_the_password() {
    let server = Server::create().await;
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_password(Some("swordfish-0815"))
        .expect("a URL with a user");
    let process = Process::serve(&[("DATABASE_URL", url.as_str())]).await;
    let line = eventually("the cause", LONG, async || {
        let lines = process.log_lines();
        lines
            .into_iter()
            .find(|line| line.contains("password authentication failed"))
    })
    .await;
    assert!(line.contains("ERROR"), "{line}");
    let answer = process.visitor().get("/readyz").await;
    assert_eq!(answer.status.as_u16(), 503);
    assert!(!answer.body.contains("password"), "{}", answer.body);
    let log = process.log_lines().join("\n");
    assert!(!log.contains("swordfish-0815"), "{log}");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named_in_the_log() {
    let server = Server::create().await;
    let mut url = url::Url::parse(server.url()).expect("a URL");
    url.set_path("/nowhere_0815");
    let process = Process::serve(&[("DATABASE_URL", url.as_str())]).await;
    eventually("the cause", LONG, async || {
        let lines = process.log_lines();
        lines
            .into_iter()
            .find(|line| line.contains("nowhere_0815") && line.contains("does not exist"))
    })
    .await;
    assert_eq!(process.visitor().get("/").await.status.as_u16(), 503);
}

#[tokio::test]
async fn several_instances_start_on_one_empty_database() {
    let server = Server::create().await;
    let settings = [("DATABASE_URL", server.url())];
    let (first, second, third) = tokio::join!(
        Process::serve_ready(&settings),
        Process::serve_ready(&settings),
        Process::serve_ready(&settings),
    );
    for process in [first, second, third] {
        assert_eq!(process.visitor().get("/").await.status.as_u16(), 200);
        let log = process.log();
        assert!(log.iter().all(|line| line["level"] != "ERROR"), "{log:?}");
    }
}
