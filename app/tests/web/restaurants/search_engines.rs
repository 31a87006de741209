//! Data for search engines: canonical addresses, structured data, the feed.

use harness::{Backend, Response, Site, on_both_databases};
use serde_json::Value;

use super::support::{add_named, between, listed, next, pages_from, previous, series};

const ORIGIN: &str = "https://example.org";

on_both_databases! {
    async fn structured_data_describe_the_restaurant_and_its_reviews(site: Site) {
        site.execute("INSERT INTO restaurant (name, street_address, description)
            VALUES ('</script><b>\"Zoë''s\"', '1 High Street', 'Cakes & tea')").await;
        let visitor = site.visitor();
        let unrated = structured_data(&visitor.get("/restaurants/1").await).expect("data");
        assert_eq!(unrated["@type"], "Restaurant");
        assert_eq!(unrated["name"], "</script><b>\"Zoë's\"");
        assert_eq!(unrated["aggregateRating"], Value::Null);
        assert_eq!(unrated["review"], Value::Null);
        for rating in ["4", "5"] {
            let review = [("user_name", "Noor"), ("rating", rating), ("review_text", "Good <cake>.")];
            visitor.post("/restaurants/1/reviews", &review).await;
        }
        let page = visitor.get("/restaurants/1").await;
        let rated = structured_data(&page).expect("data");
        assert_eq!(rated["address"], "1 High Street");
        assert_eq!(rated["description"], "Cakes & tea");
        assert_eq!(rated["aggregateRating"]["ratingValue"], "4.5");
        assert_eq!(rated["aggregateRating"]["reviewCount"], 2);
        assert_eq!(rated["review"][0]["reviewRating"]["ratingValue"], 5);
        assert_eq!(rated["review"][0]["author"]["name"], "Noor");
        assert_eq!(rated["review"][0]["reviewBody"], "Good <cake>.");
        assert_eq!(page.body.matches("</script>").count(), 1);
        for path in ["/", "/restaurants/1?rating=4", "/restaurants/1?after=0~1"] {
            assert_eq!(structured_data(&visitor.get(path).await), None, "{path}");
        }
    }

    async fn the_feed_has_the_newest_reviews(site: Site) {
        add_named(&site, &["Café Zoë"]).await;
        let rows = series(site.backend, 25);
        let date = match site.backend {
            Backend::Sqlite => "'2024-01-01 10:00:00'",
            Backend::Postgres => "timestamp '2024-01-01 10:00:00.123456'",
        };
        site.execute(&format!(
            "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
             SELECT 1, 'Noor', CASE number WHEN 25 THEN NULL ELSE 4 END, 'r' || CAST(number AS text), {date} FROM {rows}"
        )).await;
        let feed = site.visitor().get("/feed.xml").await;
        let titles = between(&feed, "<entry>\n<title>", "</title>");
        assert_eq!(titles.len(), 20);
        assert_eq!(titles[..2], ["Café Zoë", "Café Zoë: 4 out of 5"]);
        let texts = between(&feed, "<summary>", "</summary>");
        assert_eq!(texts[..2], ["r25", "r24"]);
        assert!(feed.body.contains("<id>http://localhost:8000/restaurants/1#review-25</id>"));
        assert!(feed.body.contains("<updated>2024-01-01T10:00:00Z</updated>"), "{}", feed.body);
    }
}

#[tokio::test]
async fn a_page_of_a_list_has_one_canonical_address() {
    let flags = [
        "--list-page-size=2",
        "--details-page-size=2",
        "--base-url=https://example.org",
    ];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    add_named(&site, &["A", "B", "C", "D", "E"]).await;
    let visitor = site.visitor();
    for start in ["/", "/?sort=name", "/?sort=rating"] {
        for page in pages_from(&visitor, start).await {
            let address = canonical(&page).expect("a canonical address");
            let path = address
                .strip_prefix(ORIGIN)
                .expect("an address of the site");
            assert_eq!(listed(&visitor.get(path).await), listed(&page), "{path}");
            if let Some(following) = next(&page) {
                let following = visitor.get(&following).await;
                let back = previous(&following).expect("a page before");
                assert_eq!(
                    canonical(&visitor.get(&back).await),
                    Some(address),
                    "{back}"
                );
            }
        }
    }
    for (path, expected) in [
        ("/?sort=newest&utm_source=x", Some("/")),
        ("/?sort=unknown&after=x", Some("/")),
        ("/?sort=name", Some("/?sort=name")),
        ("/restaurants/1?list=sort%3Dname", Some("/restaurants/1")),
        ("/?q=a", None),
        ("/restaurants/1?rating=4", None),
        ("/restaurants/new", None),
        ("/restaurants/99", None),
    ] {
        let page = visitor.get(path).await;
        assert_canonical(path, &page, expected);
    }
}

/// A page is indexed, and has an image, if it has a canonical address.
fn assert_canonical(path: &str, page: &Response, expected: Option<&str>) {
    let address = expected.map(|path| format!("{ORIGIN}{path}"));
    assert_eq!(canonical(page), address, "{path}");
    let noindex = "<meta name=\"robots\" content=\"noindex\">";
    assert_eq!(page.body.contains(noindex), address.is_none(), "{path}");
    let image = "property=\"og:image\"";
    assert_eq!(page.body.contains(image), address.is_some(), "{path}");
}

fn canonical(page: &Response) -> Option<String> {
    let addresses = between(page, "<link rel=\"canonical\" href=\"", "\"");
    assert!(addresses.len() <= 1, "{addresses:?}");
    Some(addresses.first()?.replace("&amp;", "&"))
}

fn structured_data(page: &Response) -> Option<Value> {
    let data = between(page, "<script type=\"application/ld+json\">", "</script>");
    Some(serde_json::from_str(data.first()?).expect("JSON"))
}
