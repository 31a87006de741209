//! Sample data: the function `seed` and the command `app seed`.

use app::restaurants::{restaurant, review};
use app::sample_data::{SeedOptions, seed};
use sea_orm::{EntityTrait as _, QueryOrder as _};

use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};

use super::support::{add_named, listed};
use harness::{Backend, Site, on_both_databases, run_app};

const MISCOUNTED: &str = "
    SELECT restaurant.id AS value FROM restaurant
    JOIN restaurant_rating ON restaurant_rating.restaurant = restaurant.id
    LEFT JOIN (
        SELECT restaurant AS id, COUNT(*) AS reviews, SUM(rating) AS ratings,
            SUM(CASE rating WHEN 1 THEN 1 ELSE 0 END) AS ones,
            SUM(CASE rating WHEN 2 THEN 1 ELSE 0 END) AS twos,
            SUM(CASE rating WHEN 3 THEN 1 ELSE 0 END) AS threes,
            SUM(CASE rating WHEN 4 THEN 1 ELSE 0 END) AS fours,
            SUM(CASE rating WHEN 5 THEN 1 ELSE 0 END) AS fives
        FROM review GROUP BY restaurant
    ) AS recount ON recount.id = restaurant.id
    WHERE review_count <> COALESCE(reviews, 0) OR rating_sum <> COALESCE(ratings, 0)
        OR rating_1_count <> COALESCE(ones, 0) OR rating_2_count <> COALESCE(twos, 0)
        OR rating_3_count <> COALESCE(threes, 0) OR rating_4_count <> COALESCE(fours, 0)
        OR rating_5_count <> COALESCE(fives, 0)";

const FORM: [(&str, &str); 3] = [
    ("restaurant_name", "Café Zoë"),
    ("street_address", "1 High Street"),
    ("description", "Cakes"),
];

fn options() -> SeedOptions {
    SeedOptions {
        restaurants: 30,
        reviews: 1200,
        seed: 1,
        append: false,
        if_empty: false,
    }
}

/// More rows than are inserted by `insert_many`.
fn bulk_options() -> SeedOptions {
    SeedOptions {
        restaurants: 100,
        reviews: 12_001,
        ..options()
    }
}

on_both_databases! {
    async fn counters_of_sample_data_equal_a_recount(site: Site) {
        seed(&site.db, &options()).await.expect("sample data");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (30, 1200));
        assert_eq!(site.values(MISCOUNTED).await, [0_i64; 0]);
    }

    async fn sample_data_can_be_searched_and_browsed(site: Site) {
        seed(&site.db, &options()).await.expect("sample data");
        let first = restaurant::Entity::find_by_id(1).one(&site.db).await.expect("a query");
        let name = first.expect("the first restaurant").name;
        let query = serde_urlencoded::to_string([("q", &name)]).expect("a query");
        let found = site.visitor().get(&format!("/?{query}")).await;
        assert!(found.body.contains("href=\"/restaurants/1?list="), "{name} in {}", found.body);
    }

    async fn a_restaurant_added_after_the_sample_data_gets_the_next_id(site: Site) {
        seed(&site.db, &options()).await.expect("sample data");
        let added = site.visitor().post("/restaurants", &FORM).await;
        assert_eq!(added.location(), "/restaurants/31");
    }

    async fn a_database_with_data_is_rejected_and_left_as_it_was(site: Site) {
        site.visitor().post("/restaurants", &FORM).await;
        let error = seed(&site.db, &options()).await.expect_err("rejected");
        assert!(format!("{error:#}").contains("--append"), "{error:#}");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (1, 0));
    }

    async fn sample_data_is_added_to_data_when_asked_to(site: Site) {
        site.visitor().post("/restaurants", &FORM).await;
        let append = SeedOptions { append: true, ..options() };
        seed(&site.db, &append).await.expect("sample data");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (31, 1200));
        assert_eq!(site.values(MISCOUNTED).await, [0_i64; 0]);
    }

    async fn sample_data_for_an_empty_database_do_not_change_a_filled_one(site: Site) {
        let if_empty = SeedOptions { if_empty: true, ..options() };
        seed(&site.db, &if_empty).await.expect("sample data");
        seed(&site.db, &if_empty).await.expect("nothing to do");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (30, 1200));
    }

    async fn a_load_that_fails_half_way_leaves_nothing_and_can_be_repeated(site: Site) {
        site.execute("CREATE UNIQUE INDEX obstacle ON review (rating)").await;
        seed(&site.db, &options()).await.expect_err("two reviews with one rating");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (0, 0));
        site.execute("DROP INDEX obstacle").await;
        seed(&site.db, &options()).await.expect("sample data");
    }

    async fn of_two_concurrent_loads_one_is_rejected(site: Site) {
        let (mine, yours) = (options(), SeedOptions { seed: 2, ..options() });
        let (mine, yours) = tokio::join!(seed(&site.db, &mine), seed(&site.db, &yours));
        assert_ne!(mine.is_ok(), yours.is_ok(), "{mine:?} {yours:?}");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (30, 1200));
        assert_eq!(site.values(MISCOUNTED).await, [0_i64; 0]);
    }

    async fn existing_data_is_changed_only_on_request(site: Site) {
        add_named(&site, &["Mine"]).await;
        let url = [("DATABASE_URL", site.database.url.as_str())];
        let arguments = ["seed", "--restaurants=5", "--reviews=20"];
        let rejected = run_app(&arguments, &url).await;
        assert!(!rejected.status.success());
        let message = String::from_utf8_lossy(&rejected.stderr);
        assert!(message.contains("no sample data was loaded: the database holds data already"), "{message}");
        assert!(message.contains("--append"), "{message}");
        assert_eq!(site.count("restaurant").await, 1);

        let left = run_app(&[&arguments[..], &["--if-empty"]].concat(), &url).await;
        assert!(left.status.success());
        assert!(String::from_utf8_lossy(&left.stderr).contains("nothing was loaded"));
        assert_eq!(site.count("restaurant").await, 1);

        let added = run_app(&[&arguments[..], &["--append"]].concat(), &url).await;
        assert!(added.status.success(), "{added:?}");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (6, 20));
        assert_eq!(site.texts("SELECT name AS value FROM restaurant WHERE id = 1").await, ["Mine"]);
        assert_eq!(site.values(MISCOUNTED).await, [0_i64; 0]);
    }

    async fn the_bulk_loader_counts_advances_the_sequences_and_appends(site: Site) {
        site.visitor().post("/restaurants", &FORM).await;
        let append = SeedOptions { append: true, ..bulk_options() };
        seed(&site.db, &append).await.expect("sample data");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (101, 12_001));
        assert_eq!(site.values(MISCOUNTED).await, [0_i64; 0]);
        site.visitor().post("/restaurants", &[("restaurant_name", "Next"), FORM[1], FORM[2]]).await;
        assert_eq!(site.texts("SELECT name AS value FROM restaurant WHERE id = 102").await, ["Next"]);
        seed(&site.db, &bulk_options()).await.expect_err("rejected");
    }
}

#[tokio::test]
async fn numbers_out_of_range_are_rejected() {
    for argument in [
        "--restaurants=0",
        "--restaurants=1000001",
        "--reviews=10000001",
    ] {
        let rejected = run_app(&["seed", argument], &[]).await;
        let message = String::from_utf8_lossy(&rejected.stderr);
        let flag = argument.split('=').next().expect("a flag");
        assert!(
            !rejected.status.success() && message.contains(flag),
            "{message}"
        );
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn both_databases_hold_the_same_rows() {
    for options in [options(), bulk_options()] {
        let sqlite = Site::start(Backend::Sqlite).await;
        let postgres = Site::start(Backend::Postgres).await;
        seed(&sqlite.db, &options).await.expect("sample data");
        seed(&postgres.db, &options).await.expect("sample data");
        assert_eq!(restaurants(&sqlite).await, restaurants(&postgres).await);
        assert_eq!(reviews(&sqlite).await, reviews(&postgres).await);
    }
}

async fn restaurants(site: &Site) -> Vec<restaurant::Model> {
    let all = restaurant::Entity::find().order_by_asc(restaurant::Column::Id);
    all.all(&site.db).await.expect("restaurants")
}

async fn reviews(site: &Site) -> Vec<review::Model> {
    let all = review::Entity::find().order_by_asc(review::Column::Id);
    all.all(&site.db).await.expect("reviews")
}

/// The limits of the first page of the list, in bytes: as HTML, and in any content coding.
const LIST_LIMIT: usize = 20_000;
const COMPRESSED_LIST_LIMIT: usize = 6_500;

#[tokio::test]
async fn the_list_of_50_restaurants_is_at_most_20_kilobytes() {
    for flags in [
        &["--list-page-size=50"][..],
        &["--base-url=https://reviews.example.com"],
    ] {
        let site = Site::start_with(Backend::Sqlite, flags).await;
        let options = SeedOptions {
            restaurants: 200,
            reviews: 3000,
            ..options()
        };
        seed(&site.db, &options).await.expect("sample data");
        let page = site.visitor().get("/").await;
        assert_eq!(listed(&page).len(), 50);
        let length = page.body.len();
        assert!(length <= LIST_LIMIT, "{flags:?}: {length} bytes");
        for coding in ["zstd", "gzip", "br"] {
            let request = site.visitor().request(Method::GET, "/");
            let request = request.header(ACCEPT_ENCODING, coding);
            let response = request.send().await.expect("a response");
            assert_eq!(response.headers()[CONTENT_ENCODING], coding);
            let length = response.bytes().await.expect("a body").len();
            assert!(
                length <= COMPRESSED_LIST_LIMIT,
                "{flags:?}, {coding}: {length} bytes"
            );
        }
    }
}
