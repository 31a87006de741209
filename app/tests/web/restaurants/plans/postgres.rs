//! The plans that PostgreSQL logs for every statement, with the number of rows that each step has read.

use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use super::{
    DETAILS_PAGE, LIST_PAGE, RESTAURANTS, RequestLog, SEARCH_LIMIT, WALK, fill, visit_all,
};
use harness::{Backend, Process, Site, TestDatabase, connect};

/// The plan of a statement.
struct Statement {
    sql: String,
    plan: Value,
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn every_page_is_served_from_indexes_on_postgres() {
    let database = TestDatabase::create(Backend::Postgres).await;
    let url = database.url.clone();
    let site = Site::start_on(Backend::Postgres, database, &["--database-pool-size=1"]).await;
    fill(&site).await;
    for setting in EXPLAIN_EVERYTHING {
        set(&url, setting).await;
    }
    // Autovacuum does this in production after the first few rows.
    site.execute("VACUUM ANALYZE").await;
    let mut wrong = check_all(&url).await;
    // After five runs a prepared statement may get a plan for any value.
    set(&url, ("plan_cache_mode", "force_generic_plan")).await;
    wrong.extend(check_all(&url).await);
    assert!(
        wrong.is_empty(),
        "{} problems:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// The problems of the plans of all pages.
async fn check_all(url: &str) -> Vec<String> {
    let limit = SEARCH_LIMIT.to_string();
    let process = Process::serve_ready(&[
        ("DATABASE_URL", url),
        ("SEARCH_LIMIT", &limit),
        ("RUST_LOG", "info,sqlx::postgres::notice=info"),
    ])
    .await;
    let mut wrong = Vec::new();
    for visit in visit_all(&process).await {
        let statements = statements(&visit);
        assert!(!statements.is_empty(), "{}: no plan was logged", visit.what);
        // The site reads the small table of migrations at its start.
        let of_pages = |statement: &Statement| !statement.sql.contains("seaql_migrations");
        for statement in statements.into_iter().filter(of_pages) {
            wrong.extend(check(&visit.what, &statement));
        }
    }
    wrong
}

fn check(what: &str, statement: &Statement) -> Vec<String> {
    let (most, mut rows, mut wrong) = (most_rows(what), 0, Vec::new());
    let Statement { sql, plan } = statement;
    walk(plan, &mut |step| {
        rows = rows.max(rows_read(step));
        if let Some(problem) = problem(step, most) {
            wrong.push(format!("{what}: {problem}\n{sql}\n{plan:#}"));
        }
    });
    eprintln!(
        "{what} | {rows} rows, {} blocks | {}",
        blocks(plan),
        shortened(sql)
    );
    wrong
}

/// Makes every later connection send the plans of its statements to its client.
const EXPLAIN_EVERYTHING: [(&str, &str); 6] = [
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_analyze", "on"),
    ("auto_explain.log_buffers", "on"),
    ("auto_explain.log_format", "json"),
    ("auto_explain.log_level", "notice"),
];

async fn set(url: &str, (setting, value): (&str, &str)) {
    let (_, name) = url.rsplit_once('/').expect("a database's name");
    let db = connect(url).await;
    let sql = format!("ALTER DATABASE {name} SET {setting} = '{value}'");
    db.execute_unprepared(&sql).await.expect(&sql);
    db.close().await.expect("closed");
}

/// The most rows that a step may read: one more than a page, or what a search may sort or check.
fn most_rows(what: &str) -> i64 {
    if what.contains("q=") {
        return WALK;
    }
    if what.starts_with("/restaurants/") {
        return DETAILS_PAGE + 1;
    }
    LIST_PAGE + 1
}

fn statements(visit: &RequestLog) -> Vec<Statement> {
    let messages = visit.log.iter().filter_map(|line| line["message"].as_str());
    let plans = messages.filter_map(|message| message.split_once("plan:\n"));
    plans
        .map(|(_, plan)| {
            let plan: Value = serde_json::from_str(plan).expect(plan);
            Statement {
                sql: plan["Query Text"].as_str().expect("text").to_owned(),
                plan: plan["Plan"].clone(),
            }
        })
        .collect()
}

fn walk(step: &Value, look: &mut impl FnMut(&Value)) {
    look(step);
    for inner in step["Plans"].as_array().into_iter().flatten() {
        walk(inner, look);
    }
}

fn problem(step: &Value, most: i64) -> Option<String> {
    let kind = step["Node Type"].as_str().expect("a kind");
    let rows = rows_read(step);
    // The index returns all entries of a word, with those of outdated row versions.
    let most = match kind {
        "Bitmap Index Scan" => 2 * i64::from(RESTAURANTS),
        "Sort" => most.min(SEARCH_LIMIT + 1),
        _ if step["Index Name"] == "restaurant_rating_by_rank"
            || step["Index Name"] == "restaurant_by_name_key" =>
        {
            LIST_PAGE + 1
        }
        _ => most,
    };
    if kind == "Seq Scan" {
        return Some("reads a whole table".to_owned());
    }
    (rows > most).then(|| format!("{kind} reads {rows} rows, more than {most}"))
}

fn rows_read(step: &Value) -> i64 {
    let names = [
        "Actual Rows",
        "Rows Removed by Filter",
        "Rows Removed by Index Recheck",
    ];
    let rows: i64 = names.iter().filter_map(|name| step[name].as_i64()).sum();
    rows * step["Actual Loops"].as_i64().unwrap_or(1)
}

fn blocks(plan: &Value) -> i64 {
    let names = ["Shared Hit Blocks", "Shared Read Blocks"];
    names.iter().filter_map(|name| plan[name].as_i64()).sum()
}

fn shortened(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").chars().take(100).collect()
}
