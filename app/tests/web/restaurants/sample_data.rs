//! The `app seed` command.

use super::pages::{add_named, miscounted};
use harness::{Site, on_both_databases, run_app};

on_both_databases! {
    async fn existing_data_is_changed_only_on_request(site: Site) {
        add_named(&site, &["Mine"]).await;
        let url = [("DATABASE_URL", site.database.url.as_str())];
        let arguments = ["seed", "--restaurants=5", "--reviews=20"];
        let refused = run_app(&arguments, &url).await;
        assert!(!refused.status.success());
        let message = String::from_utf8_lossy(&refused.stderr);
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
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }
}
