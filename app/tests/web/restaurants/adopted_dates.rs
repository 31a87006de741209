//! Dates of the Python sample in PostgreSQL, some of which Rust's `time` cannot represent.

use super::adoption::{Tables, create_tables, run};
use super::support::{between, pages_from};
use harness::{Backend, Site, TestDatabase, connect};

/// Dates from the newest to the oldest.
const DATES: [&str; 9] = [
    "infinity",
    "294276-12-31 23:59:59",
    "10000-01-01 00:00:00",
    "9999-12-31 23:59:59.999999",
    "2024-05-01 10:00:00",
    "0001-01-01 00:00:00",
    "0044-03-15 12:00:00 BC",
    "4713-01-01 00:00:00 BC",
    "-infinity",
];

/// A site that has adopted the sample's tables with one review of each date, the oldest inserted first.
async fn adopt(kind: &str, dates: &[&str]) -> Site {
    let database = TestDatabase::create(Backend::Postgres).await;
    let db = connect(&database.url).await;
    for statement in create_tables(Backend::Postgres, Tables::Sample) {
        run(&db, &statement.replace("TIMESTAMP WITHOUT TIME ZONE", kind)).await;
    }
    run(&db, "INSERT INTO restaurant VALUES (1, 'A', 'B', 'C')").await;
    for date in dates.iter().rev() {
        let columns = "restaurant, user_name, rating, review_text, review_date";
        let values = format!("1, 'U', 4, '{date}', '{date}'");
        run(
            &db,
            &format!("INSERT INTO review ({columns}) VALUES ({values})"),
        )
        .await;
    }
    db.close().await.expect("closed");
    Site::start_on(Backend::Postgres, database, &["--details-page-size=1"]).await
}

async fn shown(site: &Site) -> Vec<String> {
    let pages = pages_from(&site.visitor(), "/restaurants/1").await;
    let texts = pages
        .iter()
        .flat_map(|page| between(page, "<p class=\"post-text\" dir=\"auto\">", "</p>"));
    texts.map(ToOwned::to_owned).collect()
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn reviews_with_dates_beyond_the_calendar_are_each_on_one_page_on_postgres() {
    let site = adopt("TIMESTAMP WITHOUT TIME ZONE", &DATES).await;
    assert_eq!(shown(&site).await, DATES);
    let kept = "SELECT CAST(review_date AS text) AS value FROM review ORDER BY id DESC";
    assert_eq!(site.texts(kept).await, DATES);
    let sum = "SELECT CAST(rating_sum AS bigint) AS value FROM restaurant_rating";
    assert_eq!(site.values(sum).await, [36]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn reviews_whose_dates_have_a_time_zone_keep_their_time_on_postgres() {
    let dates = [
        "infinity",
        "2024-05-01 10:00:00+02",
        "2024-05-01 09:00:00+02",
    ];
    let site = adopt("TIMESTAMP WITH TIME ZONE", &dates).await;
    assert_eq!(shown(&site).await, dates);
    let kept = "SELECT CAST(review_date AS text) AS value FROM review ORDER BY id DESC";
    let moments = ["infinity", "2024-05-01 08:00:00", "2024-05-01 07:00:00"];
    assert_eq!(site.texts(kept).await, moments);
}
