//! Migrations: up, down and up again, by several instances, and with an older build still running.

use futures_util::future::join_all;
use migrations::{Migrator, MigratorTrait as _};
use reqwest::StatusCode;

use super::support::{add_named, found, listed_from, miscounted, review_counts};
use harness::{
    Backend, Process, Site, TIMEOUT, TestDatabase, connect, eventually, on_both_databases, run_app,
};

const ROWS: &str = "SELECT CAST(restaurant.id AS text) || name || user_name || CAST(rating AS text) || review_text \
    || CAST(review_date AS text) AS value FROM restaurant JOIN review ON review.restaurant = restaurant.id ORDER BY review.id";

/// The schema of the previous build, with rows: the counters are columns of `restaurant`, and only the submission key is
/// unique.
const PREVIOUS_BUILD: [&str; 7] = [
    "ALTER TABLE restaurant ADD COLUMN review_count integer NOT NULL DEFAULT 0",
    "ALTER TABLE restaurant ADD COLUMN rating_sum integer NOT NULL DEFAULT 0",
    "ALTER TABLE restaurant ADD COLUMN rating_5_count integer NOT NULL DEFAULT 0",
    "CREATE INDEX restaurant_by_rating ON restaurant (rating_sum, id)",
    "DROP INDEX review_by_submission_key; CREATE UNIQUE INDEX review_by_submission_key ON review (submission_key)",
    "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
        VALUES (1, 'Noor', 5, 'Fine', '2024-01-01 10:00:00'), (1, 'Noor', 5, 'Fine', '2024-01-01 10:00:00')",
    "UPDATE restaurant SET review_count = 2, rating_sum = 10, rating_5_count = 2 WHERE id = 1",
];

/// The statements with which the previous build writes a review.
const PREVIOUS_WRITES: [&str; 2] = [
    "INSERT INTO review (restaurant, user_name, rating, review_text, review_date, submission_key)
        VALUES (2, 'Noor', 1, 'Fine', '2024-01-01 10:00:00', 'digest') ON CONFLICT (submission_key) DO NOTHING",
    "UPDATE restaurant SET review_count = review_count + 1, rating_sum = rating_sum + 1 WHERE id = 2",
];

/// The search index of the previous build.
fn previous_search(backend: Backend) -> Vec<&'static str> {
    match backend {
        Backend::Sqlite => vec![
            "CREATE VIRTUAL TABLE restaurant_search USING fts5(
                words, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2', prefix='1 2 3')",
            "CREATE TRIGGER restaurant_search_insert AFTER INSERT ON restaurant BEGIN
                INSERT INTO restaurant_search(rowid, words) VALUES (new.id, new.name); END",
            "CREATE TRIGGER restaurant_search_delete AFTER DELETE ON restaurant BEGIN
                DELETE FROM restaurant_search WHERE rowid = old.id; END",
        ],
        Backend::Postgres => vec![
            "ALTER TABLE restaurant ADD COLUMN search tsvector GENERATED ALWAYS AS (
                array_to_tsvector(array_remove(regexp_split_to_array(lower(name), '[^[:alnum:]]+'), ''))) STORED",
            "CREATE INDEX restaurant_search ON restaurant USING gin (search) WITH (fastupdate = off)",
        ],
    }
}

const RECORD: &str = "INSERT INTO seaql_migrations (version, applied_at) VALUES";

on_both_databases! {
    async fn up_down_and_up_again_keeps_every_row(site: Site) {
        add_named(&site, &["Çelebi", "Other"]).await;
        for rating in [5, 4, 4] {
            site.execute(&format!(
                "INSERT INTO review (restaurant, user_name, rating, review_text, review_date) \
                 VALUES (1, 'Noor', {rating}, 'Fine', '2024-01-01 10:00:00')"
            )).await;
        }
        let (rows, fresh) = (site.texts(ROWS).await, schema(&site).await);
        Migrator::down(&site.db, None).await.expect("down");
        assert_eq!(site.texts(ROWS).await, rows);
        let sample = schema(&site).await;
        assert!(sample.iter().all(|part| !part.contains("review_count") && !part.contains("search")), "{sample:#?}");

        Migrator::up(&site.db, None).await.expect("up");
        assert_eq!(site.texts(ROWS).await, rows);
        let sorted = |mut parts: Vec<String>| { parts.sort(); parts };
        assert_eq!(sorted(schema(&site).await), sorted(fresh));
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
        assert_eq!(review_counts(&site).await, [3, 0]);
        assert_eq!(found(&site.visitor(), "celebi").await, [1]);
    }

    async fn a_database_of_the_previous_build_is_recounted_and_that_build_still_works(site: Site) {
        add_named(&site, &["One", "Two"]).await;
        Migrator::down(&site.db, Some(2)).await.expect("down");
        for statement in PREVIOUS_BUILD.into_iter().chain(previous_search(site.backend)) {
            site.execute(statement).await;
        }
        Migrator::up(&site.db, None).await.expect("up");
        assert_eq!(review_counts(&site).await, [2, 0]);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
        for statement in PREVIOUS_WRITES {
            site.execute(statement).await;
        }
        assert_eq!(review_counts(&site).await, [2, 1]);
        assert_eq!(site.values("SELECT CAST(review_count AS bigint) AS value FROM restaurant ORDER BY id").await, [2, 1]);
        let visitor = site.visitor();
        for _ in 0..2 {
            let form = [("user_name", "Noor"), ("rating", "4"), ("review_text", "Fine"), ("submission_key", "key")];
            let response = visitor.post("/restaurants/2/reviews", &form).await;
            assert_eq!(response.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(review_counts(&site).await, [2, 2]);
        assert_eq!(listed_from(&visitor, "/?sort=rating").await, [1, 2]);
        assert_eq!(found(&visitor, "TWO").await, [2]);
        assert_eq!(listed_from(&visitor, "/?sort=name").await, [1, 2]);
    }

    async fn an_expanding_migration_of_a_newer_build_is_accepted(site: Site) {
        site.execute(&format!("{RECORD} ('m9999_add_something', 1)")).await;
        let url = [("DATABASE_URL", site.database.url.as_str())];
        let process = Process::serve_ready(&url).await;
        assert_eq!(process.visitor().get("/readyz").await.status, StatusCode::OK);
        assert_eq!(process.visitor().get("/").await.status, StatusCode::OK);
        assert!(run_app(&["migrate"], &url).await.status.success());
    }

    async fn a_contracting_migration_of_a_newer_build_is_rejected_by_name(site: Site) {
        site.execute(&format!("{RECORD} ('m9998_add_something', 1), ('m9999_drop_something_contract', 2)")).await;
        let url = [("DATABASE_URL", site.database.url.as_str())];
        let rejected = run_app(&["migrate"], &url).await;
        assert!(!rejected.status.success());
        let message = String::from_utf8_lossy(&rejected.stderr);
        for part in ["changed by a newer build (m9999_drop_something_contract)", "deploy that build or a newer one"] {
            assert!(message.contains(part), "{message}");
        }

        let process = Process::serve(&url).await;
        let logged = process.wait_for_log("the database is incompatible with this build").await;
        assert!(logged["cause"].as_str().expect("text").contains("m9999_drop_something_contract"), "{logged}");
        for path in ["/readyz", "/"] {
            assert_eq!(process.visitor().get(path).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        }
        assert_eq!(process.visitor().get("/livez").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn five_instances_can_start_at_once_on_an_empty_sqlite_file() {
    five_instances_start_at_once(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn five_instances_can_start_at_once_on_an_empty_postgres_database() {
    five_instances_start_at_once(Backend::Postgres).await;
}

async fn five_instances_start_at_once(backend: Backend) {
    let database = TestDatabase::create(backend).await;
    let url = [("DATABASE_URL", database.url.as_str())];
    let processes = join_all((0..5).map(|_| Process::serve(&url))).await;
    for process in &processes {
        let visitor = process.visitor();
        eventually("an instance is ready", TIMEOUT, async || {
            let response = visitor.get("/readyz").await;
            (response.status == StatusCode::OK).then_some(())
        })
        .await;
    }
    let site = Site::start_on(backend, database, &[]).await;
    let known = i64::try_from(Migrator::migrations().len()).expect("a few");
    assert_eq!(site.count("seaql_migrations").await, known);
    add_named(&site, &["Shared"]).await;
    for process in processes {
        assert_eq!(listed_from(&process.visitor(), "/?q=shared").await, [1]);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_created_and_an_adopted_postgres_database_have_the_same_schema() {
    let created = Site::start(Backend::Postgres).await;
    let database = TestDatabase::create(Backend::Postgres).await;
    let db = connect(&database.url).await;
    for statement in [
        "CREATE TABLE restaurant (id SERIAL NOT NULL, name VARCHAR(50) NOT NULL, street_address VARCHAR(50) NOT NULL, \
         description VARCHAR(250) NOT NULL, PRIMARY KEY (id))",
        "CREATE TABLE review (id SERIAL NOT NULL, restaurant INTEGER NOT NULL, user_name VARCHAR(50) NOT NULL, \
         rating INTEGER, review_text VARCHAR(500) NOT NULL, review_date TIMESTAMP WITHOUT TIME ZONE NOT NULL, \
         PRIMARY KEY (id), FOREIGN KEY(restaurant) REFERENCES restaurant (id))",
    ] {
        sea_orm::ConnectionTrait::execute_unprepared(&db, statement)
            .await
            .expect(statement);
    }
    db.close().await.expect("closed");
    let adopted = Site::start_on(Backend::Postgres, database, &[]).await;
    let (created, adopted) = (schema(&created).await, schema(&adopted).await);
    assert!(created.len() > 30, "{created:#?}");
    assert_eq!(created, adopted);
}

/// Every column with its type, every index, every constraint and every trigger.
async fn schema(site: &Site) -> Vec<String> {
    let sql = match site.backend {
        Backend::Sqlite => {
            "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' \
                || coalesce(c.dflt_value, '') || c.hidden AS value
             FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
             WHERE m.name IN ('restaurant', 'restaurant_rating', 'review')
             UNION ALL SELECT type || ' ' || name || ' ' || tbl_name || coalesce(sql, '') FROM sqlite_master
             WHERE type IN ('index', 'trigger') OR name LIKE 'restaurant_search%' ORDER BY value"
        }
        Backend::Postgres => {
            "SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable,
                column_default, is_generated, generation_expression) AS value
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
             UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace ORDER BY value"
        }
    };
    site.texts(sql).await
}
