//! With 10,000 restaurants and 1,000,000 reviews every page is served from indexes alone.
//!
//! The statements are read from the log of the real binary.

mod postgres;
mod sqlite;

use serde_json::Value;

use super::support::{next, previous, series};
use harness::{Backend, Process, Response, Site, TIMEOUT, eventually};

const RESTAURANTS: u32 = 10_000;
const REVIEWS: u32 = 1_000_000;

const LIST_PAGE: i64 = 50;
const DETAILS_PAGE: i64 = 20;

/// Small, so that common words have more matches.
const SEARCH_LIMIT: i64 = 100;

/// The number of newest restaurants that a search checks.
const WALK: i64 = 50 * SEARCH_LIMIT;

/// A restaurant that is neither among the newest nor the oldest.
const PATH: &str = "/restaurants/5000";

/// All restaurants have the first word, one in a hundred has the second, one has the third, the oldest have the fourth.
const WORDS: [&str; 6] = ["dinner", "seldom", "rare5000", "ancient", "rare", "d"];

/// The log lines of one request.
struct RequestLog {
    what: String,
    log: Vec<Value>,
}

/// Requests every kind of page: the first and third page of each list, each search in each order, the first and third
/// page of reviews of a restaurant, a new restaurant and a new review.
async fn visit_all(process: &Process) -> Vec<RequestLog> {
    let mut visits = Vec::new();
    for sort in ["newest", "rating", "name"] {
        let start = format!("/?sort={sort}");
        visits.push(visit(process, &start).await);
        let third = third_page(process, &start).await;
        visits.push(visit(process, &page_before(process, &third).await).await);
        visits.push(visit(process, &third).await);
        for word in WORDS {
            visits.push(visit(process, &format!("/?sort={sort}&q={word}")).await);
        }
        let start = format!("/?sort={sort}&q=seldom");
        let second = next(&get(process, &start).await.0).expect("a second page");
        visits.push(visit(process, &page_before(process, &second).await).await);
        visits.push(visit(process, &second).await);
    }
    visits.push(visit(process, PATH).await);
    for start in [PATH, &format!("{PATH}?rating=1")] {
        let third = third_page(process, start).await;
        visits.push(visit(process, &page_before(process, &third).await).await);
        visits.push(visit(process, &third).await);
    }
    for path in ["/sitemap.xml", "/feed.xml"] {
        visits.push(visit(process, path).await);
    }
    visits.push(submit(process, "/restaurants", &NEW_RESTAURANT).await);
    visits.push(submit(process, &format!("{PATH}/reviews"), &NEW_REVIEW).await);
    visits
}

const NEW_RESTAURANT: [(&str, &str); 4] = [
    ("restaurant_name", "New"),
    ("street_address", "Street"),
    ("description", "Fine food"),
    ("submission_key", "key"),
];

const NEW_REVIEW: [(&str, &str); 4] = [
    ("user_name", "Noor"),
    ("rating", "4"),
    ("review_text", "Good."),
    ("submission_key", "key"),
];

async fn third_page(process: &Process, start: &str) -> String {
    let second = next(&get(process, start).await.0).expect("a second page");
    next(&get(process, &second).await.0).expect("a third page")
}

async fn page_before(process: &Process, path: &str) -> String {
    previous(&get(process, path).await.0).expect("a page before")
}

async fn visit(process: &Process, path: &str) -> RequestLog {
    get(process, path).await.1
}

/// Requests a page, and waits for its log lines, which would otherwise belong to the next request.
async fn get(process: &Process, path: &str) -> (Response, RequestLog) {
    let seen = log_of_requests(process, 0).await.len();
    let response = process.visitor().get(path).await;
    assert!(response.status.is_success(), "{path}: {}", response.status);
    (response, RequestLog::new(process, path, seen).await)
}

async fn submit(process: &Process, path: &str, form: &[(&str, &str)]) -> RequestLog {
    let seen = log_of_requests(process, 0).await.len();
    let response = process.visitor().post(path, form).await;
    assert!(
        response.status.is_redirection(),
        "{path}: {}",
        response.status
    );
    RequestLog::new(process, &format!("POST {path}"), seen).await
}

impl RequestLog {
    async fn new(process: &Process, what: &str, seen: usize) -> Self {
        Self {
            what: what.to_owned(),
            log: log_of_requests(process, seen).await.split_off(seen),
        }
    }
}

/// Waits for the line of a request after the first `seen` lines, and returns the log up to the last such line.
async fn log_of_requests(process: &Process, seen: usize) -> Vec<Value> {
    eventually("the line of a request", TIMEOUT, async || {
        let mut log = process.log();
        let last = log
            .iter()
            .rposition(|line| line["message"] == "request completed")
            .unwrap_or_default();
        if seen > 0 && last < seen {
            return None;
        }
        log.truncate(last + 1);
        Some(log)
    })
    .await
}

/// 100 reviews of the same rating for each restaurant, so that a fifth of the averages tie.
async fn fill(site: &Site) {
    let (restaurants, reviews) = (
        series(site.backend, RESTAURANTS),
        series(site.backend, REVIEWS),
    );
    site.execute(&format!(
        "INSERT INTO restaurant (name, street_address, description)
         SELECT 'Name ' || CAST(number * 7919 % {RESTAURANTS} AS text), 'rare' || CAST(number AS text),
            'dinner' || CASE WHEN number % 100 = 0 THEN ' seldom' ELSE '' END
            || CASE WHEN number <= 500 THEN ' ancient' ELSE '' END FROM {restaurants}"
    ))
    .await;
    let date = match site.backend {
        Backend::Sqlite => "datetime('2020-01-01', '+' || (number % 1000) || ' hours')",
        Backend::Postgres => "timestamp '2020-01-01' + number % 1000 * interval '1 hour'",
    };
    let before = match site.backend {
        Backend::Sqlite => "PRAGMA synchronous = OFF;",
        Backend::Postgres => "SET statement_timeout = 0;",
    };
    let insert = format!(
        "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
         SELECT 1 + (number - 1) / 100, 'Noor', 1 + (1 + (number - 1) / 100) % 5, 'Good.', {date} FROM {reviews}"
    );
    site.execute(&format!("{before} {insert}")).await;
}
