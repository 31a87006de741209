//! The plans of SQLite, by `EXPLAIN QUERY PLAN` for each statement that the site has logged.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::{RequestLog, SEARCH_LIMIT, fill, visit_all};
use harness::{Backend, Process, Site, TestDatabase};

#[tokio::test]
async fn every_page_is_served_from_indexes_on_sqlite() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    let url = database.url.clone();
    let site = Site::start_on(Backend::Sqlite, database, &["--database-pool-size=1"]).await;
    fill(&site).await;

    let limit = SEARCH_LIMIT.to_string();
    let process = Process::serve_ready(&[
        ("DATABASE_URL", &url),
        ("SEARCH_LIMIT", &limit),
        ("RUST_LOG", "info,sqlx::query=debug"),
    ])
    .await;
    let visits = visit_all(&process).await;
    let mut wrong = Vec::new();
    // With and without statistics: SQLite collects none by itself.
    for prepare in ["ANALYZE", "DROP TABLE sqlite_stat1"] {
        site.execute(prepare).await;
        for visit in &visits {
            let statements = statements(visit);
            assert!(
                !statements.is_empty(),
                "{}: no statement was logged",
                visit.what
            );
            for (sql, rows) in statements {
                let plan = plan(&site, &sql).await;
                if let Some(step) = plan.iter().find(|step| is_wrong(&visit.what, step, &plan)) {
                    wrong.push(format!("{} after {prepare}: {step}\n{sql}", visit.what));
                }
                eprintln!("{} | {rows} rows | {}", visit.what, plan.join("; "));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} problems:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// The statements that read or write rows, with the number of rows that they return.
fn statements(visit: &RequestLog) -> Vec<(String, i64)> {
    let queries = visit
        .log
        .iter()
        .filter(|line| line["target"] == "sqlx::query");
    queries
        .map(|line| {
            let whole = line["db.statement"].as_str().unwrap_or_default();
            let summary = line["summary"].as_str().unwrap_or_default();
            let sql = if whole.is_empty() { summary } else { whole };
            (
                sql.trim().to_owned(),
                line["rows_returned"].as_i64().unwrap_or_default(),
            )
        })
        .filter(|(sql, _)| {
            let verbs = ["SELECT", "INSERT", "UPDATE"];
            verbs.iter().any(|verb| sql.starts_with(verb)) && !sql.contains("seaql_migrations")
        })
        .collect()
}

async fn plan(site: &Site, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = site.db.query_all_raw(statement).await.expect(sql);
    rows.iter()
        .map(|row| row.try_get("", "detail").expect("a text"))
        .collect()
}

/// The first page of a list scans its index up to the limit, and a later one searches in it. Only the matches of a search
/// are sorted, and read by their ids.
fn is_wrong(what: &str, step: &str, plan: &[String]) -> bool {
    let walks = step.starts_with("SCAN");
    if what.contains("q=") {
        let is_fetched = plan[0] == "CO-ROUTINE restaurant" && step == "SCAN restaurant";
        let is_search = step.starts_with("SCAN restaurant_search VIRTUAL TABLE INDEX");
        return walks && !is_fetched && !is_search
            || step.contains("INDEX restaurant_by_")
            || step.contains("restaurant_rating_by_rank");
    }
    let is_later_page = what.contains("after=") || what.contains("before=");
    let is_first_page = ["/?sort=", "/sitemap.xml", "/feed.xml"]
        .iter()
        .any(|start| what.starts_with(start) && !is_later_page);
    let follows_index = step == "SCAN restaurant"
        || step == "SCAN review"
        || step.starts_with("SCAN restaurant USING INDEX restaurant_by_")
        || step.starts_with("SCAN restaurant_rating USING INDEX restaurant_rating_by_rank");
    let starts_at_cursor = !what.contains("after=")
        || !step.contains("INDEX review_by_date")
        || step.contains("<expr><?");
    step.contains("TEMP B-TREE") || walks && !(is_first_page && follows_index) || !starts_at_cursor
}
