//! A panic in a handler affects only its own request.

use std::sync::Arc;

use app::router;
use app::state::AppState;
use salvo::conn::tcp::TcpAcceptor;
use salvo::{Router, Server, handler};
use tokio::net::TcpListener;

use harness::{Backend, TestDatabase, Visitor, config};

#[handler]
async fn panics() {
    panic!("swordfish");
}

#[tokio::test]
async fn a_panic_is_a_500_page_and_the_next_request_is_served() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    let state = AppState::new(config(&database.url, &[])).expect("a state");
    let mut service = router::service(state).expect("a service");
    let broken = Router::with_path("panics").get(panics).post(panics);
    service.router = Arc::new(
        Router::new()
            .push(broken)
            .push(Router::with_path("livez").get(alive)),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let visitor = Visitor::new(&format!(
        "http://{}",
        listener.local_addr().expect("an address")
    ));
    let acceptor = TcpAcceptor::try_from(listener).expect("an acceptor");
    let serving = tokio::spawn(Server::new(acceptor).serve(service));
    for _ in 0..3 {
        for response in [
            visitor.get("/panics").await,
            visitor.post("/panics", &[]).await,
        ] {
            assert_eq!(response.status.as_u16(), 500);
            assert!(
                response.body.contains(response.header("x-request-id")),
                "{}",
                response.body
            );
            assert!(!response.header("content-security-policy").is_empty());
            assert!(!response.body.contains("swordfish"), "{}", response.body);
        }
        assert_eq!(visitor.get("/livez").await.status.as_u16(), 200);
    }
    serving.abort();
}

#[handler]
async fn alive() -> &'static str {
    "alive"
}
