//! Adoption of a database that the Python sample has created and filled.

use reqwest::StatusCode;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, FromQueryResult, Statement};

use super::support::{found, listed, listed_from, miscounted, next, pages_from};
use harness::{Backend, Process, Site, TestDatabase, connect, run_app};

/// Texts that a page or an index may handle wrongly.
const AWKWARD: [&str; 7] = [
    "",
    " \u{200b} ",
    "<script>alert(1)</script> & \"quotes\" '",
    "🍜🥢👩‍👩‍👧",
    "مطعم الياسمين",
    "O'Brien; DROP TABLE restaurant; --",
    "{{ 7 * 7 }} %s \\",
];

const LAST_ID: i64 = 2_147_483_647;

/// Whether the tables are as the sample creates them, or less strict.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tables {
    Sample,
    /// Texts without a limit, and no foreign key.
    Loose,
}

#[tokio::test]
async fn every_row_of_the_sample_is_kept_unchanged_on_sqlite() {
    adopt(Backend::Sqlite, Tables::Sample).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn every_row_of_the_sample_is_kept_unchanged_on_postgres() {
    adopt(Backend::Postgres, Tables::Sample).await;
}

#[tokio::test]
async fn longer_texts_and_orphans_are_kept_unchanged_on_sqlite() {
    adopt(Backend::Sqlite, Tables::Loose).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn longer_texts_and_orphans_are_kept_unchanged_on_postgres() {
    adopt(Backend::Postgres, Tables::Loose).await;
}

async fn adopt(backend: Backend, tables: Tables) {
    let database = TestDatabase::create(backend).await;
    let db = connect(&create_mode(&database.url)).await;
    for statement in create_tables(backend, tables) {
        run(&db, &statement).await;
    }
    fill(&db, tables).await;
    let before = (rows(&db, RESTAURANTS).await, rows(&db, REVIEWS).await);
    db.close().await.expect("closed");

    let site = Site::start_on(backend, database, &["--details-page-size=3"]).await;
    let after = (
        rows(&site.db, RESTAURANTS).await,
        rows(&site.db, REVIEWS).await,
    );
    assert_eq!(before, after);
    assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    check_pages(&site, before.0.len(), tables).await;
    check_later_insert(&site).await;
}

async fn check_pages(site: &Site, restaurants: usize, tables: Tables) {
    let visitor = site.visitor();
    for sort in ["newest", "rating", "name"] {
        let mut ids = listed_from(&visitor, &format!("/?sort={sort}")).await;
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), restaurants, "{sort}");
        assert_eq!(ids.last(), Some(&LAST_ID));
        for id in ids {
            pages_from(&visitor, &format!("/restaurants/{id}")).await;
        }
    }
    // 5, 4 and 1 count; none, 0, 9 and -1 do not, and are shown without stars.
    let pages = pages_from(&visitor, "/restaurants/3").await;
    let body: String = pages.iter().map(|page| page.body.as_str()).collect();
    assert!(pages[0].body.contains(">3.3<"), "{}", pages[0].body);
    assert!(pages[0].body.contains("3 reviews"));
    assert_eq!(body.matches("Not rated").count(), 4);
    assert_eq!(body.matches("<article class=\"post\">").count(), 7);
    let list = visitor.get("/").await;
    assert!(list.body.contains("Unnamed restaurant"));
    assert!(!list.body.contains("<script>alert"));

    assert_eq!(found(&visitor, "obrien").await, [8]);
    assert_eq!(found(&visitor, "o'brien drop").await, [8]);
    assert_eq!(found(&visitor, "الياسمين").await, [7]);
    assert_eq!(found(&visitor, "harbour").await, [LAST_ID]);
    if tables == Tables::Loose {
        assert_eq!(found(&visitor, "endless").await, [400, 401]);
    }
}

/// The INSERT and the SELECT of the sample's program, which may still be running, still work.
async fn check_later_insert(site: &Site) {
    let insert = "INSERT INTO restaurant (id, name, street_address, description) \
        VALUES (77, 'Later', 'Quay', 'From the sample')";
    site.execute(insert).await;
    for rating in ["5", "4", "NULL"] {
        site.execute(&format!(
            "INSERT INTO review (restaurant, user_name, rating, review_text, review_date) \
             VALUES (77, 'Noor', {rating}, 'Fine', '2024-02-01 12:00:00.250000')"
        ))
        .await;
    }
    let visitor = site.visitor();
    assert_eq!(visitor.get("/restaurants/77").await.status, StatusCode::OK);
    assert_eq!(found(&visitor, "later quay").await, [77]);

    // For a restaurant with valid ratings the sample's average equals ours.
    let sql = "SELECT CAST(restaurant.id AS bigint) AS value FROM restaurant
        JOIN restaurant_rating ON restaurant_rating.restaurant = restaurant.id
        WHERE restaurant.id = 9 AND review_count = (SELECT count(id) FROM review WHERE restaurant = 9)
        AND round(rating_average / 1000.0) =
            (SELECT round(avg(rating) * 1000.0) FROM review WHERE restaurant = 9)";
    assert_eq!(site.values(sql).await, [9]);
    assert!(visitor.get("/restaurants/9").await.body.contains(">2.7<"));
}

#[tokio::test]
async fn reviews_with_dates_in_every_format_are_each_on_one_page_on_sqlite() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    let db = connect(&create_mode(&database.url)).await;
    for statement in create_tables(Backend::Sqlite, Tables::Sample) {
        run(&db, &statement).await;
    }
    run(&db, "INSERT INTO restaurant VALUES (1, 'A', 'B', 'C')").await;
    for (id, date) in [
        (1, "2024-01-01 10:00:00"),
        (2, "2024-01-01 10:00:00.000000"),
        (3, "2024-01-01 10:00:00.0"),
        (4, "2024-01-01 10:00:00.500000"),
        (5, "2024-01-01 10:00:00.5"),
        (6, "2023-12-31 23:59:59"),
    ] {
        let sql = format!("INSERT INTO review VALUES ({id}, 1, 'U', 5, 'text {id}.', '{date}')");
        run(&db, &sql).await;
    }
    let site = Site::start_on(Backend::Sqlite, database, &["--details-page-size=1"]).await;
    let pages = pages_from(&site.visitor(), "/restaurants/1").await;
    let order: Vec<Vec<usize>> = pages
        .iter()
        .map(|page| {
            (1..=6)
                .filter(|id| page.body.contains(&format!("text {id}.")))
                .collect()
        })
        .collect();
    assert_eq!(order, [[5], [4], [3], [2], [1], [6]]);
    assert!(next(&pages[5]).is_none() && listed(&pages[0]).is_empty());
}

/// The tables as the sample creates them.
pub(super) fn create_tables(backend: Backend, tables: Tables) -> [String; 2] {
    let (id, timestamp) = match backend {
        Backend::Sqlite => ("INTEGER NOT NULL PRIMARY KEY", "DATETIME"),
        Backend::Postgres => ("SERIAL PRIMARY KEY", "TIMESTAMP WITHOUT TIME ZONE"),
    };
    let (name, text, long_text, key) = match tables {
        Tables::Sample => (
            "VARCHAR(50)",
            "VARCHAR(250)",
            "VARCHAR(500)",
            "REFERENCES restaurant (id)",
        ),
        Tables::Loose => ("TEXT", "TEXT", "TEXT", ""),
    };
    [
        format!(
            "CREATE TABLE restaurant (id {id}, name {name} NOT NULL, street_address {name} NOT NULL, \
             description {text} NOT NULL)"
        ),
        format!(
            "CREATE TABLE review (id {id}, restaurant INTEGER NOT NULL {key}, user_name {name} NOT NULL, \
             rating INTEGER, review_text {long_text} NOT NULL, review_date {timestamp} NOT NULL)"
        ),
    ]
}

async fn fill(db: &DatabaseConnection, tables: Tables) {
    insert_restaurants(db, tables).await;
    insert_reviews(db, tables).await;
}

async fn insert_restaurants(db: &DatabaseConnection, tables: Tables) {
    let mut restaurants: Vec<(i64, String, String)> = (3..)
        .zip(AWKWARD)
        .map(|(id, text)| (id, text.to_owned(), text.to_owned()))
        .collect();
    restaurants.push((300, "Same".to_owned(), "First".to_owned()));
    restaurants.push((301, "Same".to_owned(), "Second".to_owned()));
    restaurants.push((LAST_ID, "Harbour Café".to_owned(), "Last".to_owned()));
    if tables == Tables::Loose {
        // Random, so that no database can compress it to the size of an index entry.
        let noise: Vec<String> = (0..6000)
            .map(|_| format!("{:x}", rand::random::<u16>()))
            .collect();
        let noise = noise.join(" ");
        restaurants.push((400, format!("Endless {noise}"), noise.repeat(20)));
        restaurants.push((
            401,
            format!("Endless {}", "x".repeat(5000)),
            "ж".repeat(3000),
        ));
    }
    for (id, name, description) in restaurants {
        let (name, description) = (quoted(&name), quoted(&description));
        run(
            db,
            &format!(
                "INSERT INTO restaurant (id, name, street_address, description) \
                 VALUES ({id}, {name}, {name}, {description})"
            ),
        )
        .await;
    }
}

async fn insert_reviews(db: &DatabaseConnection, tables: Tables) {
    let mut reviews = Vec::new();
    let ratings = ["5", "4", "1", "NULL", "0", "9", "-1"];
    let dates = [
        "2024-05-01 10:00:00",
        "2023-01-01 00:00:00",
        "2024-05-01 10:00:00",
        "1970-01-01 00:00:00.000001",
        "9999-12-31 23:59:59",
        "0001-01-01 00:00:00",
        "2024-02-29 23:59:59.999999",
    ];
    for ((rating, date), text) in ratings.into_iter().zip(dates).zip(AWKWARD) {
        reviews.push((3, rating, date, text.to_owned()));
    }
    let date = "2024-01-01 00:00:00";
    for rating in ["1", "2", "5"] {
        reviews.push((9, rating, date, "Sound".to_owned()));
    }
    if tables == Tables::Loose {
        reviews.push((999, "5", date, "Orphan".to_owned()));
        reviews.push((400, "3", date, "Long. ".repeat(2000)));
    }
    for (id, (restaurant, rating, date, text)) in (10..).step_by(7).zip(reviews) {
        let text = quoted(&text);
        run(
            db,
            &format!(
                "INSERT INTO review (id, restaurant, user_name, rating, review_text, review_date) \
                 VALUES ({id}, {restaurant}, {text}, {rating}, {text}, '{date}')"
            ),
        )
        .await;
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const RESTAURANTS: &str = "SELECT CAST(id AS text) || '|' || name || '|' || street_address || '|' || description AS value \
    FROM restaurant ORDER BY id";
const REVIEWS: &str = "SELECT CAST(id AS text) || '|' || CAST(restaurant AS text) || '|' || user_name || '|' || \
    coalesce(CAST(rating AS text), 'null') || '|' || review_text || '|' || CAST(review_date AS text) AS value \
    FROM review ORDER BY id";

async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    #[derive(FromQueryResult)]
    struct Row {
        value: String,
    }
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = Row::find_by_statement(statement).all(db).await.expect(sql);
    rows.into_iter().map(|row| row.value).collect()
}

pub(super) async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.expect(sql);
}

/// The URL with which the test's connection creates the SQLite file.
fn create_mode(url: &str) -> String {
    if url.starts_with("sqlite") {
        return format!("{url}?mode=rwc");
    }
    url.to_owned()
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn shorter_and_nullable_columns_are_converted_on_postgres() {
    let database = TestDatabase::create(Backend::Postgres).await;
    let db = connect(&database.url).await;
    for statement in [
        "CREATE TABLE restaurant (id serial PRIMARY KEY, name varchar(50), street_address varchar(20), description text)",
        "CREATE TABLE review (id serial PRIMARY KEY, restaurant integer REFERENCES restaurant (id), \
         user_name varchar(30), rating integer, review_text varchar(500), review_date timestamp NOT NULL)",
        "INSERT INTO restaurant (street_address) VALUES ('Street'), (NULL)",
        "INSERT INTO review (restaurant, review_date) VALUES (1, '2024-01-01')",
    ] {
        run(&db, statement).await;
    }
    let site = Site::start_on(Backend::Postgres, database, &["--list-page-size=1"]).await;
    let visitor = site.visitor();
    for sort in ["newest", "rating", "name"] {
        let ids = listed_from(&visitor, &format!("/?sort={sort}")).await;
        assert_eq!(ids.len(), 2, "{sort}");
    }
    assert_eq!(visitor.get("/restaurants/1").await.status, StatusCode::OK);
    assert_eq!(found(&visitor, "street").await, [1]);
    let name = "x".repeat(50);
    let form = [
        ("user_name", name.as_str()),
        ("rating", "4"),
        ("review_text", "Fine"),
    ];
    let response = visitor.post("/restaurants/1/reviews", &form).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.body);
}

#[tokio::test]
async fn incompatible_tables_are_rejected_and_their_columns_named_on_sqlite() {
    assert_rejected(Backend::Sqlite, "text").await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn incompatible_tables_are_rejected_and_their_columns_named_on_postgres() {
    assert_rejected(Backend::Postgres, "bigint").await;
}

async fn assert_rejected(backend: Backend, id: &str) {
    let database = TestDatabase::create(backend).await;
    let db = connect(&create_mode(&database.url)).await;
    let owner = "owner text NOT NULL";
    run(&db, &format!("CREATE TABLE restaurant (id {id} PRIMARY KEY, name varchar(50), description text, {owner})")).await;
    let url = [("DATABASE_URL", database.url.as_str())];
    let rejected = run_app(&["migrate"], &url).await;
    assert!(!rejected.status.success());
    let message = String::from_utf8_lossy(&rejected.stderr);
    let problems = [
        "restaurant.id is",
        "restaurant.street_address is missing",
        "restaurant.owner is not null and has no default",
    ];
    for problem in problems {
        assert!(message.contains(problem), "{problem}: {message}");
    }
    let process = Process::serve(&url).await;
    process
        .wait_for_log("the database is incompatible with this build")
        .await;
    assert_eq!(
        process.visitor().get("/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}
