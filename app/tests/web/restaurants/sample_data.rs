//! `app seed` on a database: what it loads, and what it leaves alone.

use app::restaurants::{SeedOptions, seed};
use reqwest::StatusCode;

use super::pages::{add_named, listed_from, miscounted};
use crate::support::{Site, Store, on_both_databases, run_app};

const ROWS: &str = "SELECT name || street_address || description || CAST(review_count AS text) AS value FROM restaurant ORDER BY id";
const REVIEWS: &str = "SELECT user_name || CAST(rating AS text) || review_text || CAST(review_date AS text) AS value \
    FROM review ORDER BY id";

on_both_databases! {
    async fn the_sample_is_counted_and_the_site_goes_on_behind_it(site: Site) {
        seed(&site.db, &options()).await.expect("a load");
        assert_eq!((site.count("restaurant").await, site.count("review").await), (30, 300));
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
        let visitor = site.visitor();
        assert_eq!(listed_from(&visitor, "/?sort=name").await.len(), 30);

        let form = [("restaurant_name", "New"), ("street_address", "S"), ("description", "D")];
        let added = visitor.post("/restaurants", &form).await;
        assert_eq!(added.location(), "/restaurants/31?notice=restaurant-added");
        let review = [("user_name", "Noor"), ("rating", "4"), ("review_text", "Good.")];
        let answer = visitor.post("/restaurants/31/reviews", &review).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(site.values("SELECT CAST(max(id) AS bigint) AS value FROM review").await, [301]);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }

    async fn the_same_seed_gives_the_same_rows_and_another_one_others(site: Site) {
        seed(&site.db, &options()).await.expect("a load");
        let first = (site.texts(ROWS).await, site.texts(REVIEWS).await);
        let clear = "DELETE FROM review; DELETE FROM restaurant";
        site.execute(clear).await;
        seed(&site.db, &options()).await.expect("a load");
        assert_eq!((site.texts(ROWS).await, site.texts(REVIEWS).await), first);
        site.execute(clear).await;
        seed(&site.db, &SeedOptions { seed: 2, ..options() }).await.expect("a load");
        assert_ne!(site.texts(REVIEWS).await, first.1);
    }

    async fn data_that_are_there_are_touched_on_request_alone(site: Site) {
        add_named(&site, &["Mine"]).await;
        let url = [("DATABASE_URL", site.database.url.as_str())];
        let arguments = ["seed", "--restaurants=5", "--reviews=20"];
        let refused = run_app(&arguments, &url).await;
        assert!(!refused.status.success());
        let message = String::from_utf8_lossy(&refused.stderr);
        assert!(message.contains("the database holds data already, and nothing was changed"), "{message}");
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
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }
}

fn options() -> SeedOptions {
    SeedOptions {
        restaurants: 30,
        reviews: 300,
        seed: 1,
        append: false,
        if_empty: false,
    }
}
