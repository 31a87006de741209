//! The page cache: which cached page an anonymous reader, a writer and a signed-in user gets, and how old it may be.

use std::time::{Duration, Instant};

use harness::sign_in::SignInSite;
use harness::{Backend, Response, Site, TIMEOUT, TestDatabase, Visitor, eventually};
use reqwest::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use crate::feature::{FEATURE, FIELDS, FORM, FORM_PAGE, ROW, TABLE};

/// Enables the cache.
const CACHE_ON: &str = "--page-cache-bytes=1MiB";

/// The maximum age of a page for a reader.
const MAX_PAGE_AGE: Duration = Duration::from_secs(1);

/// A text of the first form, which a page with its row contains.
const WRITTEN: &str = FIELDS[0].1;

async fn cached_site(backend: Backend) -> Site {
    Site::start_with(backend, &[CACHE_ON]).await
}

/// Two sites with one database.
async fn two_instances(backend: Backend) -> (Site, Site) {
    let database = TestDatabase::create(backend).await;
    let shared = database.share();
    let one = Site::start_on(backend, database, &[CACHE_ON]).await;
    let other = Site::start_on(backend, shared, &[CACHE_ON]).await;
    (one, other)
}

/// Adds a row by SQL, like another program.
async fn insert(site: &Site) {
    FEATURE.insert_rows(&site.db, "").await;
}

async fn post_form(visitor: &Visitor) -> Response {
    let response = visitor.post(FORM, &FIELDS).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    response
}

fn has_row(page: &Response) -> bool {
    page.body.contains(&format!("href=\"{ROW}\""))
}

#[tokio::test]
async fn a_reader_sees_a_change_by_another_program_within_a_second() {
    let site = cached_site(Backend::Sqlite).await;
    let reader = site.visitor();
    for _ in 0..3 {
        assert_eq!(reader.get("/").await.status, StatusCode::OK);
        insert(&site).await;
        let written = Instant::now();
        let newest = site.count(TABLE).await;
        let path = ROW.replace('1', &newest.to_string());
        let seen = eventually("the change", TIMEOUT, async || {
            let asked = Instant::now();
            let page = reader.get("/").await;
            page.body
                .contains(&format!("href=\"{path}\""))
                .then_some(asked)
        });
        // The first request that gets the new page is sent within a second after the change.
        assert!(seen.await - written < MAX_PAGE_AGE + Duration::from_millis(100));
    }
}

#[tokio::test]
async fn repeated_requests_are_served_from_the_cache() {
    let site = cached_site(Backend::Sqlite).await;
    let reader = site.visitor();
    let hit = eventually("an old page", TIMEOUT, async || {
        let before = reader.get("/").await;
        insert(&site).await;
        let after = reader.get("/").await;
        (before.body == after.body).then_some(())
    });
    hit.await;
}

#[tokio::test]
async fn a_writer_sees_its_own_write_at_once() {
    let site = cached_site(Backend::Sqlite).await;
    let (writer, reader) = (site.visitor(), site.visitor());
    assert!(!has_row(&reader.get("/").await));
    let response = post_form(&writer).await;
    assert!(writer.get(response.location()).await.body.contains(WRITTEN));
    assert!(has_row(&writer.get("/").await));
    // On the instance that was written to, also without cookies.
    assert!(has_row(&site.visitor().get("/").await));
}

#[tokio::test]
async fn a_writer_sees_its_own_write_at_once_on_another_instance() {
    writes_are_seen_on_another_instance(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_writer_sees_its_own_write_at_once_on_another_instance_with_postgresql() {
    writes_are_seen_on_another_instance(Backend::Postgres).await;
}

async fn writes_are_seen_on_another_instance(backend: Backend) {
    let (one, other) = two_instances(backend).await;
    for round in 1..=5 {
        // The other instance has cached the page without the row.
        other.visitor().get("/").await;
        let writer = one.visitor();
        let response = post_form(&writer).await;
        let cookies = response.headers.get_all("set-cookie").iter();
        let mut cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = cookies
            .find(|cookie| cookie.starts_with("written="))
            .expect("a cookie");
        let request = other
            .visitor()
            .request(Method::GET, "/")
            .header("cookie", cookie);
        let page = other.visitor().send(request).await;
        let path = ROW.replace('1', &round.to_string());
        assert!(page.body.contains(&format!("href=\"{path}\"")), "{page:?}");
    }
}

#[tokio::test]
async fn a_reader_gets_no_cookie() {
    let site = cached_site(Backend::Sqlite).await;
    post_form(&site.visitor()).await;
    for path in ["/", ROW] {
        for _ in 0..2 {
            assert_eq!(
                site.visitor().get(path).await.header("set-cookie"),
                "",
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_notice_is_shown_once_and_only_to_its_visitor() {
    let site = cached_site(Backend::Sqlite).await;
    let (writer, reader) = (site.visitor(), site.visitor());
    let notice = "role=\"status\"";
    for _ in 0..3 {
        let response = post_form(&writer).await;
        let page = response.location();
        reader.get(page).await;
        let shown = writer.get(page).await;
        assert!(shown.body.contains(notice), "{}", shown.body);
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        assert!(shown.header("set-cookie").starts_with("notice=;"));
        for visitor in [&reader, &writer, &site.visitor()] {
            let page = visitor.get(page).await;
            assert!(!page.body.contains(notice), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn unknown_parameters_neither_change_nor_poison_a_page() {
    let site = cached_site(Backend::Sqlite).await;
    let plain = site.visitor().get("/").await;
    for query in [
        "utm_source=x",
        "utm_source=caf%E9",
        "a=1&a=2",
        "x=%00",
        "fbclid=<script>",
        "&&",
        "=",
        "q[]=1",
    ] {
        let page = site.visitor().get(&format!("/?{query}")).await;
        assert_eq!(
            (page.status, &page.body),
            (StatusCode::OK, &plain.body),
            "{query}"
        );
    }
    assert_eq!(site.visitor().get("/").await.body, plain.body);
}

#[tokio::test]
async fn pages_with_other_parameters_are_cached_separately() {
    let site = cached_site(Backend::Sqlite).await;
    let plain = site.visitor().get("/").await;
    let after = site.visitor().get("/?after=1").await;
    assert_ne!(plain.body, after.body);
    let encoded = site.visitor().get("/?%61fter=1").await;
    assert_eq!(encoded.body, after.body);
}

#[tokio::test]
async fn a_client_with_the_current_page_gets_304() {
    let site = cached_site(Backend::Sqlite).await;
    let visitor = site.visitor();
    post_form(&site.visitor()).await;
    for path in [ROW, FORM_PAGE, "/robots.txt", "/sitemap.xml", "/feed.xml"] {
        let seen = eventually("304", TIMEOUT, async || {
            let page = visitor.get(path).await;
            let request = visitor
                .request(Method::GET, path)
                .header(IF_NONE_MATCH, page.header("etag"));
            let response = visitor.send(request).await;
            (response.status == StatusCode::NOT_MODIFIED).then_some(())
        });
        seen.await;
    }
    let page = visitor.get("/").await;
    let etag = page.header("etag");
    assert!(etag.starts_with("W/\""), "{etag}");
    for known in [etag, "*", &format!("\"other\", {etag}")] {
        for encoding in ["identity", "zstd"] {
            let request = visitor
                .request(Method::GET, "/")
                .header(IF_NONE_MATCH, known)
                .header(ACCEPT_ENCODING, encoding);
            let response = visitor.send(request).await;
            assert_eq!(response.status, StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!((response.header("etag"), &*response.body), (etag, ""));
            assert_eq!(response.header("vary"), "accept-encoding");
            assert_eq!(response.header("cache-control"), "no-cache");
        }
    }
    let request = visitor
        .request(Method::GET, "/")
        .header(IF_NONE_MATCH, "W/\"other\"");
    assert_eq!(visitor.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cached_page_is_served_in_every_content_coding() {
    let site = cached_site(Backend::Sqlite).await;
    for _ in 0..2 {
        for encoding in ["gzip", "br", "zstd"] {
            let visitor = site.visitor();
            let request = visitor
                .request(Method::GET, "/")
                .header(ACCEPT_ENCODING, encoding);
            let response = request.send().await.expect("a response");
            assert_eq!(response.headers()["content-encoding"], encoding);
            assert_eq!(response.headers()["vary"], "accept-encoding");
            let length = response.bytes().await.expect("a body").len();
            assert!(length < visitor.get("/").await.body.len(), "{encoding}");
        }
    }
}

#[tokio::test]
async fn an_error_is_not_cached() {
    let site = cached_site(Backend::Sqlite).await;
    let reader = site.visitor();
    for _ in 0..2 {
        assert_eq!(reader.get(ROW).await.status, StatusCode::NOT_FOUND);
    }
    insert(&site).await;
    assert_eq!(reader.get(ROW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_page_is_cached_when_the_cache_is_off() {
    let site = Site::start_with(Backend::Sqlite, &["--page-cache-bytes=0"]).await;
    for count in 1..=5 {
        insert(&site).await;
        let path = ROW.replace('1', &count.to_string());
        let page = site.visitor().get("/").await;
        assert!(page.body.contains(&format!("href=\"{path}\"")), "{page:?}");
        assert_eq!(page.header("etag"), "");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn many_requests_for_a_page_that_is_not_cached_cause_one_query() {
    let site = cached_site(Backend::Postgres).await;
    let lock = harness::connect(&site.database.url).await;
    let locked = lock.begin().await.expect("a transaction");
    locked
        .execute_unprepared(&format!("LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE"))
        .await
        .expect("a lock");
    let readers: Vec<_> = (0..30)
        .map(|_| {
            let visitor = site.visitor();
            tokio::spawn(async move { visitor.get("/").await.status })
        })
        .collect();
    let waiting = "SELECT count(*) AS value FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let other = harness::connect(&site.database.url).await;
    eventually("a waiting query", TIMEOUT, async || {
        let count = harness::sign_in::values::<i64>(&other, waiting).await;
        (count == [1]).then_some(())
    })
    .await;
    assert_eq!(harness::sign_in::values::<i64>(&other, waiting).await, [1]);
    locked.rollback().await.expect("unlocked");
    for reader in readers {
        assert_eq!(reader.await.expect("no panic"), StatusCode::OK);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_page_of_a_signed_in_user_is_not_shown_to_others() {
    let site = SignInSite::start_with(&[("PAGE_CACHE_BYTES", "1MiB")]).await;
    let user = site.browser();
    user.sign_in("alice").await;
    for _ in 0..3 {
        let own = user.get("/").await;
        assert!(own.body.contains("Alice"), "{}", own.body);
        assert_eq!(own.header("cache-control"), "no-store");
        let page = site.browser().get("/").await;
        assert!(!page.body.contains("Alice"), "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-cache");
    }
}
