//! The trails: adding, listing, and rows that are stored as they were typed.

mod feature;

pub(crate) use self::feature::FEATURE;

use harness::{Backend, Site, on_both_databases, run_app};
use reqwest::StatusCode;

on_both_databases! {
    async fn a_visitor_adds_a_trail_and_finds_it_in_the_list(site: Site) {
        let visitor = site.visitor();
        let added = visitor.post("/trails", &FEATURE.form().valid()).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER);
        assert_eq!(added.location(), "/trails/1");
        let page = visitor.get(added.location()).await;
        for text in ["Río Ebro", "42 km, Moderate", "2024-02-29", "Trail added."] {
            assert!(page.body.contains(text), "{text} is missing in {}", page.body);
        }
        let list = visitor.get("/").await;
        assert!(list.body.contains("href=\"/trails/1\""), "{}", list.body);
    }

    async fn the_same_form_sent_twice_adds_one_trail(site: Site) {
        let form = [&FEATURE.form().valid()[..], &[("submission_key", "0123")]].concat();
        for _ in 0..2 {
            let added = site.visitor().post("/trails", &form).await;
            assert_eq!(added.location(), "/trails/1");
        }
        assert_eq!(site.count("trail").await, 1);
    }

    async fn sample_data_is_loaded_into_an_empty_database_only(site: Site) {
        let url = [("DATABASE_URL", site.database.url.as_str())];
        for (arguments, is_accepted) in [(&["seed"][..], true), (&["seed"], false), (&["seed", "--if-empty"], true)] {
            let output = run_app(arguments, &url).await;
            assert_eq!(output.status.success(), is_accepted, "{output:?}");
            assert_eq!(site.count("trail").await, 3);
        }
    }
}

#[tokio::test]
async fn each_trail_is_on_one_page_of_the_list() {
    let site = Site::start_with(Backend::Sqlite, &["--list-page-size=2"]).await;
    for _ in 0..3 {
        FEATURE.insert_rows(&site.db, "").await;
    }
    let visitor = site.visitor();
    let first = visitor.get("/").await.body;
    let second = visitor.get("/?after=2").await.body;
    assert!(first.contains("href=\"/?after=2\""), "{first}");
    let back = visitor.get("/?before=1").await.body;
    assert!(second.contains("href=\"/?before=1\""), "{second}");
    for (page, ids) in [
        (first, ["3", "2"].as_slice()),
        (second, &["1"]),
        (back, &["3", "2"]),
    ] {
        for id in ["1", "2", "3"] {
            let is_shown = page.contains(&format!("href=\"/trails/{id}\""));
            assert_eq!(is_shown, ids.contains(&id), "{id} in {page}");
        }
    }
}
