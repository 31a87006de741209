//! Three instances behind HAProxy, which forwards each request to the next one.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::balancer::HaProxy;
use harness::servers::PostgresServer;
use harness::sign_in::{SignInSite, free_port};
use harness::{Process, Response, TIMEOUT, Visitor, connect, eventually};
use sea_orm::ConnectionTrait as _;
use tokio::task::JoinSet;

use super::writers::{Writers, count_rows, send};
use crate::feature::{FIELDS, FORM};

const INSTANCES: usize = 3;

/// The maximum age of a page for a reader.
const MAX_PAGE_AGE: Duration = Duration::from_secs(1);

/// The time that a request may take to arrive.
const TOLERANCE: Duration = Duration::from_millis(100);

/// Instances of one site, each on the same port after a restart.
struct BalancedSite {
    settings: Vec<(&'static str, String)>,
    ports: Vec<u16>,
    instances: Vec<Process>,
    balancer: HaProxy,
}

impl BalancedSite {
    async fn start(settings: &[(&'static str, &str)]) -> Self {
        // A busy machine may take seconds to start an instance.
        let settings = [settings, &[("DATABASE_POOL_TIMEOUT", "30s")]].concat();
        let ports: Vec<_> = (0..INSTANCES).map(|_| free_port()).collect();
        let mut instances = Vec::new();
        for port in &ports {
            instances.push(Process::serve_on(*port, &settings).await);
        }
        let balancer = HaProxy::start(&ports).await;
        balancer.wait_for_all().await;
        let owned = settings
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()));
        Self {
            settings: owned.collect(),
            ports,
            instances,
            balancer,
        }
    }

    fn visitor(&self) -> Visitor {
        self.balancer.visitor()
    }

    /// Ends an instance by this signal, waits for its end and starts it again.
    async fn restart(&mut self, index: usize, signal: &str) {
        self.instances[index].signal(signal);
        self.instances[index].exit(TIMEOUT).await;
        let settings = self.settings.iter();
        let settings: Vec<_> = settings
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.instances[index] = Process::serve_on(self.ports[index], &settings).await;
        self.balancer.wait_for_all().await;
    }
}

fn links_to(page: &Response, path: &str) -> bool {
    page.body.contains(&format!("href=\"{path}\""))
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN and TEST_HAPROXY; run cargo xtask test"]
async fn no_accepted_write_is_lost_or_duplicated_whatever_is_killed_or_restarted() {
    let server = PostgresServer::primary();
    let mut site = BalancedSite::start(&[("DATABASE_URL", &server.url("postgres"))]).await;
    let db = connect(&server.url("postgres")).await;
    let visitors = std::iter::repeat_with(|| site.visitor()).take(4);
    let writers = Writers::start(visitors);
    let more_is_written = async || {
        let before = count_rows(&db).await;
        eventually("further writes", TIMEOUT, async || {
            (count_rows(&db).await > before).then_some(())
        })
        .await;
    };
    more_is_written().await;
    for (index, signal) in ["KILL", "TERM", "KILL"].into_iter().enumerate() {
        site.restart(index, signal).await;
        more_is_written().await;
    }
    drop(db);
    server.crash();
    server.start();
    site.balancer.wait_for_all().await;
    let db = connect(&server.url("postgres")).await;
    writers.assert_all_written_once(&db).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN and TEST_HAPROXY; run cargo xtask test"]
async fn restarting_an_instance_causes_no_error_for_a_visitor() {
    let server = PostgresServer::primary();
    let mut site = BalancedSite::start(&[("DATABASE_URL", &server.url("postgres"))]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut visitors = JoinSet::new();
    for number in 0..4 {
        let (visitor, stop) = (site.visitor(), stop.clone());
        visitors.spawn(async move {
            let mut statuses = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                statuses.push(visitor.get("/").await.status.as_u16());
                statuses.push(send(&visitor, number * 1_000_000 + statuses.len()).await);
            }
            statuses
        });
    }
    for index in 0..INSTANCES {
        site.restart(index, "TERM").await;
    }
    stop.store(true, Ordering::Relaxed);
    let statuses = visitors.join_all().await.concat();
    let failed: Vec<_> = statuses
        .iter()
        .filter(|status| ![200, 303].contains(*status))
        .collect();
    assert!(failed.is_empty() && statuses.len() > 20, "{failed:?}");
    let db = connect(&server.url("postgres")).await;
    let accepted = i64::try_from(statuses.len() / 2).expect("a number");
    assert_eq!(count_rows(&db).await, (accepted, accepted));
}

/// Requests the list for a second, and until each instance has responded. Asserts that each page that is requested
/// after `deadline` has the row.
async fn assert_row_is_shown_since(deadline: Instant, visitor: &Visitor, path: &str) {
    let mut served = HashSet::new();
    let end = deadline + Duration::from_secs(1);
    while Instant::now() < end || served.len() < INSTANCES {
        let requested = Instant::now();
        let page = visitor.get("/").await;
        assert_eq!(page.status.as_u16(), 200);
        assert!(
            requested < deadline || links_to(&page, path),
            "an older page"
        );
        if requested >= deadline {
            served.insert(page.header("x-instance").to_owned());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN and TEST_HAPROXY; run cargo xtask test"]
async fn a_writer_sees_its_own_write_on_every_instance_and_others_see_it_within_a_second() {
    let primary = PostgresServer::primary();
    let replica = primary.standby();
    let site = BalancedSite::start(&[
        ("DATABASE_URL", &primary.url("postgres")),
        ("DATABASE_READ_URL", &replica.url("postgres")),
        ("PAGE_CACHE_BYTES", "1MiB"),
    ])
    .await;
    let replica = connect(&replica.url("postgres")).await;
    let (writer, reader) = (site.visitor(), site.visitor());
    for replay in ["resume", "pause", "resume", "pause"] {
        let replay = format!("SELECT pg_wal_replay_{replay}()");
        replica.execute_unprepared(&replay).await.expect(&replay);
        // Fills the cache of each instance, from the replica if that is possible.
        for _ in 0..4 * INSTANCES {
            reader.get("/").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let written = writer.post(FORM, &FIELDS).await;
        assert_eq!(written.status.as_u16(), 303);
        let (accepted, path) = (Instant::now(), written.location());
        tokio::join!(
            assert_row_is_shown_since(accepted, &writer, path),
            assert_row_is_shown_since(accepted + MAX_PAGE_AGE + TOLERANCE, &reader, path)
        );
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_HAPROXY; run cargo xtask test"]
async fn a_sign_in_begins_on_one_instance_and_is_finished_on_another() {
    let mut site = SignInSite::start().await;
    let mut ports = vec![site.instances[0].port];
    for _ in 1..INSTANCES {
        ports.push(site.add_instance().await);
    }
    let balancer = HaProxy::start(&ports).await;
    let browser = site.browser().on_port(balancer.port);
    let begun = browser.get("/auth/login?next=/auth/profile").await;
    let provider = begun.location().parse().expect("an address");
    let callback = browser.choose(&provider, "alice").await;
    let finished = browser.get(&callback).await;
    assert_eq!(finished.location(), "/auth/profile");
    assert_ne!(begun.header("x-instance"), finished.header("x-instance"));
    for _ in 0..INSTANCES {
        assert!(browser.account().await.is_some());
    }
    let ended = browser.post("/auth/logout", &[]).await;
    assert_eq!(ended.status.as_u16(), 200);
    for _ in 0..INSTANCES {
        assert!(browser.account().await.is_none());
    }
    site.assert_invariants().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_BIN and TEST_HAPROXY; run cargo xtask test"]
async fn each_instance_limits_writes_by_the_address_that_the_balancer_reports() {
    const LIMIT: usize = 2;
    let server = PostgresServer::primary();
    let site = BalancedSite::start(&[
        ("DATABASE_URL", &server.url("postgres")),
        ("RATE_LIMIT_WRITES", &LIMIT.to_string()),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let url = site.balancer.url();
    let write = async |visitor: &Visitor| {
        let forged = format!("203.0.113.{}", rand::random::<u8>());
        let request = visitor.request(reqwest::Method::POST, FORM).form(&FIELDS);
        let response = visitor.send(request.header("x-forwarded-for", forged));
        response.await.status.as_u16()
    };
    let busy = Visitor::from_address(&url, [127, 0, 0, 7]);
    for _ in 0..LIMIT * INSTANCES {
        assert_eq!(write(&busy).await, 303);
    }
    for _ in 0..INSTANCES {
        assert_eq!(write(&busy).await, 429);
    }
    let other = Visitor::from_address(&url, [127, 0, 0, 8]);
    for _ in 0..INSTANCES {
        assert_eq!(write(&other).await, 303);
    }
}
