//! The table of the sessions: unusable (row 137), and left alone by those who have none (rows 139, 141).

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use tokio::time::timeout;

use super::Browser;
use super::stage::{SESSION, Stage};
use crate::support::{Site, Store, connect, values};

#[tokio::test]
async fn row_137_without_the_tables_public_pages_go_on_and_nobody_is_signed_in() {
    let stage = Stage::open().await;
    let browser = stage.browser_of("carol").await;
    let anonymous = stage.browser();
    let provider = anonymous.begin("/").await;
    let callback = anonymous.choose("alice", &provider).await;
    for table in ["session", "sign_in_attempt"] {
        stage
            .site
            .execute(&format!("ALTER TABLE {table} RENAME TO {table}_away"))
            .await;
    }
    for visitor in [&browser, &anonymous] {
        let page = visitor.get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("Carol Example"));
    }
    for path in [
        "/auth/login",
        "/auth/profile",
        "/auth/logout",
        "/protected",
        "/roleProtected",
    ] {
        let request = browser
            .request(reqwest::Method::GET, path)
            .header("sec-fetch-site", "same-origin");
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
    }
    for path in ["/auth/login", &callback] {
        let answer = anonymous.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    assert_eq!(
        browser.post("/auth/logout", &[]).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );

    for table in ["session", "sign_in_attempt"] {
        stage
            .site
            .execute(&format!("ALTER TABLE {table}_away RENAME TO {table}"))
            .await;
    }
    assert_eq!(browser.who().await.as_deref(), Some("Carol Example"));
    stage.browser_of("alice").await;
}

#[tokio::test]
async fn row_137_a_locked_table_costs_a_visitor_with_a_session_the_statement_limit_and_others_nothing()
 {
    let stage = Stage::with(&["--database-timeout=1s"]).await;
    let browser = stage.browser_of("alice").await;
    let lock = stage.site.db.begin().await.expect("a transaction");
    lock.execute_unprepared("LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
        .await
        .expect("a lock");
    assert_eq!(stage.browser().get("/").await.status, StatusCode::OK);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(
        browser.get("/protected").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    lock.rollback().await.expect("unlocked");
    assert!(browser.who().await.is_some());
}

/// How often statements have touched sign-in's tables; ends the site, whose connections report it then.
async fn touches(site: Site) -> i64 {
    const CONNECTIONS: &str = "SELECT count(*) AS value FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    const TOUCHES: &str =
        "SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins)::bigint AS value
        FROM pg_stat_user_tables WHERE relname IN ('session', 'sign_in_attempt')";
    let (database, pool) = (Arc::clone(&site.database), site.db.clone());
    site.stop().await;
    pool.close().await.expect("closed");
    let observer = connect(&database.url).await;
    let gone = async {
        while values::<i64>(&observer, CONNECTIONS).await[0] > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), gone)
        .await
        .expect("the connections end");
    let touches = values(&observer, TOUCHES).await[0];
    observer.close().await.expect("closed");
    touches
}

/// Views pages many times, many at once; no answer sets a cookie.
async fn view(browser: &Browser, views: usize) {
    let views = (0..views).map(|number| {
        let path = ["/", "/unprotected", "/?q=cake", "/no/such/page"][number % 4];
        async move { (path, browser.get(path).await) }
    });
    let mut answers = stream::iter(views).buffer_unordered(32);
    while let Some((path, answer)) = answers.next().await {
        assert!(
            matches!(answer.status.as_u16(), 200 | 404),
            "{path} {}",
            answer.status
        );
        assert!(!answer.headers.contains_key(SET_COOKIE), "{path}");
    }
}

#[tokio::test]
async fn row_139_ten_thousand_anonymous_views_leave_no_row_and_ask_no_table_of_sign_in() {
    let mut stage = Stage::open().await;
    let before = touches(stage.restart().await).await;
    view(&stage.browser(), 10_000).await;
    assert_eq!(touches(stage.restart().await).await, before);
}

#[tokio::test]
async fn row_139_a_cookie_that_was_never_ours_costs_no_query_and_one_of_an_ended_session_one() {
    let mut stage = Stage::open().await;
    let browser = stage.browser_of("alice").await;
    let ended = browser.copied();
    browser.post("/auth/logout", &[]).await;
    let before = touches(stage.restart().await).await;

    let junk = stage.browser();
    junk.set_cookie(SESSION, "AAAAAAAAAAAAAAAAAAAAAA");
    view(&junk, 100).await;
    assert_eq!(touches(stage.restart().await).await, before);

    view(&ended.at(&stage.site.url), 100).await;
    assert_eq!(touches(stage.restart().await).await, before + 100);
}

#[tokio::test]
async fn row_141_where_nobody_can_sign_in_there_is_no_cookie() {
    let site = Site::start(Store::Postgres).await;
    let browser = Browser::new(&site.url, &site.url);
    for path in [
        "/",
        "/unprotected",
        "/auth/login",
        "/auth/callback?code=a&state=b",
        "/auth/logout",
        "/protected",
        "/livez",
    ] {
        assert!(
            !browser.get(path).await.headers.contains_key(SET_COOKIE),
            "{path}"
        );
    }
    let answer = browser.post("/auth/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED);
    assert!(!answer.headers.contains_key(SET_COOKIE));
}
