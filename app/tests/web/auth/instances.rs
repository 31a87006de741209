//! Sign-in across two instances on one database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use harness::sign_in::{Browser, Expected, SignInSite};

/// A load balancer that forwards each connection to the next instance.
struct FrontEnd {
    port: u16,
    served: Arc<[AtomicUsize]>,
    serving: JoinHandle<()>,
}

impl FrontEnd {
    async fn start(instances: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let served: Arc<[AtomicUsize]> = instances.iter().map(|_| AtomicUsize::new(0)).collect();
        let serving = tokio::spawn(serve(listener, instances, served.clone()));
        Self {
            port,
            served,
            serving,
        }
    }

    fn served(&self) -> Vec<usize> {
        self.served
            .iter()
            .map(|served| served.load(Ordering::Relaxed))
            .collect()
    }
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, instances: Vec<u16>, served: Arc<[AtomicUsize]>) {
    for turn in (0..instances.len()).cycle() {
        let (mut client, _) = listener.accept().await.expect("a connection");
        let address = SocketAddr::from(([127, 0, 0, 1], instances[turn]));
        served[turn].fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let mut instance = TcpStream::connect(address).await.expect("an instance");
            // Either side may close the connection first.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut instance).await;
        });
    }
}

/// Requests a page on a new connection, so that each request goes to the next instance.
async fn get(browser: &Browser, path: &str) -> harness::Response {
    let request = browser.request(reqwest::Method::GET, path);
    browser.send(request.header("connection", "close")).await
}

/// Catalogue: 134.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_sign_in_works_across_instances() {
    let mut site = SignInSite::start().await;
    let second = site.add_instance().await;
    let front_end = FrontEnd::start(vec![site.instances[0].port, second]).await;
    for first_turn in 0..2 {
        let browser = site.browser().on_port(front_end.port);
        for _ in 0..first_turn {
            get(&browser, "/").await;
        }
        let begun = get(&browser, "/auth/login?next=/protected").await;
        let provider = begun.location().parse().expect("an address");
        let callback = browser.choose(&provider, "alice").await;
        let finished = get(&browser, &callback).await;
        assert_eq!(
            (finished.status.as_u16(), finished.location()),
            (303, "/protected")
        );
        for path in ["/protected", "/auth/profile", "/", "/protected"] {
            let page = get(&browser, path).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains("Alice Example"), "{path}");
        }
        let request = browser.request(reqwest::Method::POST, "/auth/logout");
        let ended = browser.send(request.header("connection", "close")).await;
        assert_eq!(ended.status, 200);
        for _ in 0..2 {
            assert_eq!(get(&browser, "/auth/profile").await.status, 303);
        }
    }
    let served = front_end.served();
    assert!(
        served[0].abs_diff(served[1]) <= 1 && served[0] > 8,
        "{served:?}"
    );
    site.assert_invariants().await;
}

/// Catalogue: 135.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_sign_in_survives_a_restart_of_every_instance() {
    let mut site = SignInSite::start().await;
    let second = site.add_instance().await;
    for port in [site.instances[0].port, second] {
        let browser = site.browser();
        let callback = browser.begin_as("alice").await;
        for index in 0..2 {
            site.restart_instance(index).await;
        }
        let browser = browser.on_port(port);
        let expected = Expected::signed_in("alice").unrecovered();
        site.open(&browser, &callback, expected).await;
        for index in 0..2 {
            site.restart_instance(index).await;
        }
        assert!(browser.account().await.is_some());
    }
    site.assert_recovers().await;
}

/// Catalogue: 135.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn two_instances_exchange_a_code_once() {
    let mut site = SignInSite::start().await;
    let second = site.add_instance().await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let other = browser.on_port(second);
    let (one, two) = tokio::join!(browser.get(&callback), other.get(&callback));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 303);
    assert_eq!(
        site.emulator
            .requests_to(entra_emulator::Endpoint::Token)
            .len(),
        1
    );
    assert_eq!(site.count("session").await, 1);
    assert!(browser.account().await.is_some());
}
