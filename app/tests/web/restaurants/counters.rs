//! The counters of a restaurant always equal a recount of its reviews.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use sea_orm::sqlx::postgres::PgPoolCopyExt as _;
use tokio::task::JoinSet;

use super::support::{add_named, miscounted, review_counts};
use harness::{
    Backend, Process, Site, TIMEOUT, TestDatabase, Visitor, eventually, on_both_databases,
};

/// More than a client can send before the site is killed.
const REVIEWS_OF_A_CLIENT: usize = 500;

const CLIENTS: usize = 8;

const COLUMNS: &str = "review (restaurant, user_name, rating, review_text, review_date)";

/// The most WAL that one review may write, in bytes.
const WAL_LIMIT: i64 = 2500;

on_both_databases! {
    async fn reviews_that_another_program_inserts_changes_and_deletes_are_counted_at_once(site: Site) {
        add_named(&site, &["One", "Two"]).await;
        for (statement, counts) in [
            (insert("(1, 5), (1, 4), (1, 0), (1, NULL), (1, 9), (2, 3)"), [2, 1]),
            ("UPDATE review SET rating = 1 WHERE restaurant = 1 AND rating = 5".to_owned(), [2, 1]),
            ("UPDATE review SET rating = NULL WHERE rating = 4".to_owned(), [1, 1]),
            ("UPDATE review SET rating = 2 WHERE rating = 9".to_owned(), [2, 1]),
            ("UPDATE review SET restaurant = 3 - restaurant".to_owned(), [1, 2]),
            ("UPDATE review SET review_text = 'Changed'".to_owned(), [1, 2]),
            ("DELETE FROM review WHERE rating = 1 OR rating = 0".to_owned(), [1, 1]),
            ("DELETE FROM review".to_owned(), [0, 0]),
        ] {
            site.execute(&statement).await;
            assert_eq!(review_counts(&site).await, counts, "{statement}");
            assert_eq!(miscounted(&site).await, Vec::<i64>::new(), "{statement}");
        }
    }

    async fn a_counter_that_was_reset_never_falls_below_zero(site: Site) {
        add_named(&site, &["One"]).await;
        site.execute(&insert("(1, 5)")).await;
        site.execute("UPDATE restaurant_rating SET review_count = 0, rating_sum = 0, rating_5_count = 0").await;
        site.execute("DELETE FROM review").await;
        assert_eq!(review_counts(&site).await, [0]);
        let page = site.visitor().get("/restaurants/1").await;
        assert!(!page.body.contains('−') && !page.body.contains(">-1"), "{}", page.body);
    }

    async fn a_restaurant_that_is_deleted_and_added_again_has_no_old_ratings(site: Site) {
        add_named(&site, &["One"]).await;
        site.execute(&insert("(1, 5)")).await;
        site.execute("DELETE FROM review").await;
        site.execute("DELETE FROM restaurant").await;
        assert_eq!(site.count("restaurant_rating").await, 0);
        site.execute("INSERT INTO restaurant (id, name, street_address, description) VALUES (1, 'One', '', '')").await;
        assert_eq!(review_counts(&site).await, [0]);
    }

    async fn reviews_written_through_two_sites_at_once_are_all_counted(site: Site) {
        add_named(&site, &["One", "Two"]).await;
        let other = Process::serve_ready(&settings(&site.database)).await;
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let visitor = if client % 2 == 0 { site.visitor() } else { other.visitor() };
            clients.spawn(async move {
                for number in 0..25 {
                    let restaurant = 1 + number % 2;
                    let text = format!("client {client} review {number}");
                    let status = send_review(&visitor, restaurant, number % 5 + 1, &text).await;
                    assert_eq!(status, Some(StatusCode::SEE_OTHER), "{text}");
                }
            });
        }
        while let Some(client) = clients.join_next().await {
            client.expect("every review is taken");
        }
        assert_eq!(site.count("review").await, 200);
        assert_eq!(review_counts(&site).await.iter().sum::<i64>(), 200);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }

    async fn after_one_of_two_sites_is_killed_each_acknowledged_review_exists_once(site: Site) {
        add_named(&site, &["One"]).await;
        let mut killed = Process::serve_ready(&settings(&site.database)).await;
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let visitor = if client % 2 == 0 { site.visitor() } else { killed.visitor() };
            clients.spawn(write_until_failure(visitor, client));
        }
        eventually("some reviews", TIMEOUT, async || {
            (site.count("review").await >= 40).then_some(())
        }).await;
        killed.signal("KILL");
        killed.exit(TIMEOUT).await;
        let mut acknowledged = BTreeSet::new();
        while let Some(texts) = clients.join_next().await {
            acknowledged.extend(texts.expect("no panic"));
        }
        let restarted = Process::serve_ready(&settings(&site.database)).await;
        assert!(restarted.visitor().get("/restaurants/1").await.status.is_success());

        let stored = site.texts("SELECT review_text AS value FROM review").await;
        let distinct: BTreeSet<String> = stored.iter().cloned().collect();
        assert_eq!(distinct.len(), stored.len());
        assert!(acknowledged.is_subset(&distinct));
        assert!(acknowledged.len() < REVIEWS_OF_A_CLIENT * CLIENTS, "the site was killed too late");
        // At most one review of each client was unacknowledged, committed or not.
        assert!(stored.len() - acknowledged.len() <= CLIENTS);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
        site.stop().await;
    }

    async fn a_review_of_a_restaurant_deleted_meanwhile_is_404_and_writes_nothing(site: Site) {
        add_named(&site, &["Gone"]).await;
        site.execute(delete_meanwhile(site.backend)).await;
        let form = [("user_name", "Noor"), ("rating", "4"), ("review_text", "Too late")];
        let response = site.visitor().post("/restaurants/1/reviews", &form).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{}", response.body);
        assert_eq!(site.count("review").await, 0);
        assert_eq!(review_counts(&site).await, [0]);
    }
}

/// The file that `pg_dump --data-only --table=restaurant --table=review` makes of the Python sample's tables.
const DUMP: [&str; 2] = [
    "COPY restaurant (id, name, street_address, description) FROM STDIN",
    "COPY review (id, restaurant, user_name, rating, review_text, review_date) FROM STDIN",
];

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn rows_inserted_by_copy_are_counted_on_postgres() {
    let site = Site::start(Backend::Postgres).await;
    let rows = [
        "1\tOne\t\t\n2\tTwo\t\t\n",
        "1\t1\tNoor\t5\tFine\t2024-01-01\n2\t1\tNoor\t\\N\tFine\t2024-01-01\n3\t2\tNoor\t3\tFine\t2024-01-01\n",
    ];
    for (statement, rows) in DUMP.into_iter().zip(rows) {
        let mut copy = site
            .db
            .get_postgres_connection_pool()
            .copy_in_raw(statement)
            .await
            .expect(statement);
        copy.send(rows.as_bytes()).await.expect("rows");
        copy.finish().await.expect("copied");
    }
    assert_eq!(review_counts(&site).await, [1, 1]);
    assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    site.execute("TRUNCATE review").await;
    assert_eq!(review_counts(&site).await, [0, 0]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn reviews_by_a_role_without_access_to_restaurants_are_counted_on_postgres() {
    let site = Site::start(Backend::Postgres).await;
    add_named(&site, &["One"]).await;
    let role = format!("writer_{:016x}", rand::random::<u64>());
    site.execute(&format!(
        "CREATE ROLE {role}; GRANT SELECT, INSERT ON restaurant, review TO {role}; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    ))
    .await;
    let insert = insert("(1, 4)");
    site.execute(&format!("BEGIN; SET LOCAL ROLE {role}; {insert}; COMMIT"))
        .await;
    assert_eq!(review_counts(&site).await, [1]);
    site.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_review_writes_at_most_two_and_a_half_kilobytes_of_wal_on_postgres() {
    let site = Site::start(Backend::Postgres).await;
    add_named(&site, &["One"]).await;
    site.execute("CREATE EXTENSION pg_walinspect").await;
    let start = "SELECT CAST(pg_current_wal_insert_lsn() AS text) AS value";
    let start = site.texts(start).await.remove(0);
    for number in 0..50 {
        let text = format!("{number} {}", "Good cake. ".repeat(25));
        let status = send_review(&site.visitor(), 1, number % 5 + 1, &text).await;
        assert_eq!(status, Some(StatusCode::SEE_OTHER));
    }
    // Only WAL that has been flushed can be read.
    site.execute("SET LOCAL synchronous_commit = on; SELECT pg_current_xact_id()")
        .await;
    // Other tests write to the same WAL meanwhile.
    let written = site
        .values(&format!(
            "SELECT CAST(sum(record_length) / 50 AS bigint) AS value
             FROM pg_get_wal_records_info('{start}', pg_current_wal_flush_lsn())
             WHERE CAST(xid AS text) IN (SELECT CAST(xmin AS text) FROM review)"
        ))
        .await[0];
    eprintln!("{written} bytes of WAL for each review");
    assert!((500..=WAL_LIMIT).contains(&written), "{written} bytes");
}

/// An INSERT as another program sends it, of restaurants with ratings.
fn insert(rows: &str) -> String {
    format!(
        "WITH rows(restaurant, rating) AS (VALUES {rows}) INSERT INTO {COLUMNS} \
         SELECT restaurant, 'Noor', rating, 'Fine', {DATE} FROM rows"
    )
}

/// A date that both databases take without a cast.
const DATE: &str = "CURRENT_TIMESTAMP";

fn settings(database: &TestDatabase) -> [(&'static str, &str); 1] {
    [("DATABASE_URL", &database.url)]
}

/// The status of the response; `None` if the connection broke.
async fn send_review(
    visitor: &Visitor,
    restaurant: usize,
    rating: usize,
    text: &str,
) -> Option<StatusCode> {
    let path = format!("/restaurants/{restaurant}/reviews");
    let rating = rating.to_string();
    let form = [
        ("user_name", "Noor"),
        ("rating", rating.as_str()),
        ("review_text", text),
    ];
    let response = visitor
        .request(Method::POST, &path)
        .form(&form)
        .send()
        .await;
    response.ok().map(|response| response.status())
}

/// Sends reviews one after another until one fails. Returns the texts of those that were acknowledged.
async fn write_until_failure(visitor: Visitor, client: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..REVIEWS_OF_A_CLIENT {
        let text = format!("client {client} review {number}");
        match send_review(&visitor, 1, number % 5 + 1, &text).await {
            Some(StatusCode::SEE_OTHER) => acknowledged.push(text),
            Some(status) => panic!("{text}: {status}"),
            None => break,
        }
    }
    acknowledged
}

/// A trigger that deletes the restaurant between its lookup and the insert of its review.
fn delete_meanwhile(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => {
            "CREATE TRIGGER meanwhile BEFORE INSERT ON review BEGIN
                DELETE FROM restaurant WHERE id = new.restaurant;
            END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                DELETE FROM restaurant WHERE id = new.restaurant;
                RETURN new;
            END $$;
            CREATE TRIGGER meanwhile BEFORE INSERT ON review
                FOR EACH ROW EXECUTE FUNCTION meanwhile()"
        }
    }
}
