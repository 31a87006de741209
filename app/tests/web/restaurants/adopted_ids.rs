//! Rows of the Python sample in PostgreSQL with explicit ids, which have not advanced the sequences.

use reqwest::StatusCode;

use super::adoption::{Tables, create_tables, run};
use super::support::miscounted;
use crate::feature::FIELDS;
use harness::{Backend, Site, TestDatabase, connect};

const REVIEW: [(&str, &str); 3] = [
    ("user_name", "Noor"),
    ("rating", "5"),
    ("review_text", "Fine"),
];

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn rows_added_after_adopted_ids_get_the_next_ids_on_postgres() {
    let database = TestDatabase::create(Backend::Postgres).await;
    let db = connect(&database.url).await;
    for statement in create_tables(Backend::Postgres, Tables::Sample) {
        run(&db, &statement).await;
    }
    for id in ["1", "2", "41", "2147483647"] {
        let row = format!("INSERT INTO restaurant VALUES ({id}, 'A', 'B', 'C')");
        run(&db, &row).await;
        let row = format!("INSERT INTO review VALUES ({id}, {id}, 'U', 4, 'T', '2024-05-01')");
        run(&db, &row).await;
    }
    db.close().await.expect("closed");

    let site = Site::start_on(Backend::Postgres, database, &[]).await;
    let visitor = site.visitor();
    let response = visitor.post("/restaurants", &FIELDS).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.body);
    assert_eq!(response.location(), "/restaurants/42");
    let response = visitor.post("/restaurants/42/reviews", &REVIEW).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.body);
    let ids = "SELECT CAST(id AS bigint) AS value FROM review ORDER BY id";
    assert_eq!(site.values(ids).await, [1, 2, 41, 42, 2_147_483_647]);
    assert_eq!(miscounted(&site).await, Vec::<i64>::new());
}
