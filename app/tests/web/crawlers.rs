//! What crawlers and feed readers request: robots.txt, sitemaps, the feed, security.txt.

use harness::{Backend, Site, on_both_databases};
use reqwest::StatusCode;

use crate::feature::{FEATURE, FIELDS, FORM, ROW};

on_both_databases! {
    async fn every_row_is_in_a_part_of_the_sitemap(site: Site) {
        let visitor = site.visitor();
        let empty = visitor.get("/sitemap-1.xml").await;
        assert_eq!(empty.status, StatusCode::OK);
        assert!(empty.body.contains("<loc>http://localhost:8000/</loc>"), "{}", empty.body);
        visitor.post(FORM, &FIELDS).await;
        let index = visitor.get("/sitemap.xml").await;
        assert_eq!(index.header("content-type"), "application/xml");
        assert_eq!(index.body.matches("<loc>").count(), 1, "{}", index.body);
        assert!(index.body.contains("<loc>http://localhost:8000/sitemap-1.xml</loc>"));
        let part = visitor.get("/sitemap-1.xml").await;
        let address = format!("<loc>http://localhost:8000{ROW}</loc>");
        assert!(part.body.contains(&address), "{}", part.body);
        // With the largest id there are 47,722 parts; this row is in the last one.
        let table = FEATURE.form().table;
        site.execute(&format!("UPDATE {table} SET id = 2147483647")).await;
        let index = visitor.get("/sitemap.xml").await;
        assert_eq!(index.body.matches("<loc>").count(), 47_722);
        let last = visitor.get("/sitemap-47722.xml").await;
        assert!(last.body.contains("2147483647</loc>"), "{}", last.body);
    }

    async fn an_unknown_part_of_the_sitemap_is_not_found(site: Site) {
        for part in ["0", "01", "-1", "x", "2", "47723", "2147483647", "99999999999", "1%20"] {
            let response = site.visitor().get(&format!("/sitemap-{part}.xml")).await;
            assert_eq!(response.status, StatusCode::NOT_FOUND, "{part}");
        }
    }

    async fn the_feed_is_well_formed_whatever_the_rows_contain(site: Site) {
        let visitor = site.visitor();
        let empty = visitor.get("/feed.xml").await;
        assert_eq!(empty.header("content-type"), "application/atom+xml");
        assert!(empty.body.contains("<updated>1970-01-01T00:00:00Z</updated>"), "{}", empty.body);
        for form in FEATURE.forms {
            let fields = form.with_text("<b>&amp;]]></feed>");
            visitor.post(&form.action("1"), &fields).await;
        }
        let feed = visitor.get("/feed.xml").await.body;
        assert!(!feed.contains("<b>") && !feed.contains("]]>"), "{feed}");
        assert_eq!(feed.matches("</feed>").count(), 1, "{feed}");
        assert_eq!(feed.matches("<entry>").count(), feed.matches("</entry>").count());
    }
}

#[tokio::test]
async fn robots_txt_links_to_the_sitemap_at_the_configured_origin() {
    let site = Site::start_with(Backend::Sqlite, &["--base-url=https://example.org"]).await;
    let robots = site.visitor().get("/robots.txt").await;
    assert_eq!(robots.header("content-type"), "text/plain; charset=utf-8");
    for line in [
        "User-agent: *",
        "Disallow: /auth/",
        "Sitemap: https://example.org/sitemap.xml",
    ] {
        assert!(robots.body.lines().any(|other| other == line), "{line}");
    }
    let feed = site.visitor().get("/feed.xml").await;
    assert!(feed.body.contains("<id>https://example.org/feed.xml</id>"));
}

#[tokio::test]
async fn robots_txt_disallows_everything_where_all_pages_require_sign_in() {
    let key = format!("--session-secret-key={}", "k".repeat(32));
    let flags = [
        "--azure-client-id=a",
        "--azure-tenant-id=b",
        "--azure-client-secret=c",
        "--sign-in-required=all",
        &key,
    ];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    let robots = site.visitor().get("/robots.txt").await;
    assert!(robots.body.contains("Disallow: /\n"), "{}", robots.body);
    for path in ["/sitemap.xml", "/sitemap-1.xml", "/feed.xml"] {
        let response = site.visitor().get(path).await;
        assert_eq!(response.status, StatusCode::SEE_OTHER, "{path}");
    }
}

#[tokio::test]
async fn security_txt_contains_the_contact_and_the_expiry() {
    let path = "/.well-known/security.txt";
    let without = Site::start(Backend::Sqlite).await;
    let response = without.visitor().get(path).await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    let flags = [
        "--security-contact=mailto:security@example.org",
        "--base-url=https://example.org",
    ];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    let file = site.visitor().get(path).await;
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines[0], "Contact: mailto:security@example.org");
    let expires = lines[1].strip_prefix("Expires: ").expect("a date");
    assert!(expires.ends_with('Z') && expires.len() == 20, "{expires}");
    let canonical = "Canonical: https://example.org/.well-known/security.txt";
    assert_eq!(lines[2], canonical);
}
