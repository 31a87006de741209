//! Ids in paths: 1 to 2,147,483,647 without sign or leading zero, and nothing else.

use harness::{Response, Site, Visitor, on_both_databases};
use reqwest::{Method, StatusCode};

use crate::access::{Route, feature_routes};
use crate::feature::{FEATURE, FIELDS, FORM, ROW};

/// Malformed and unknown ids.
pub(crate) const NOT_FOUND_IDS: [&str; 32] = [
    "0",
    "-1",
    "2",
    "2147483647",
    "2147483648",
    "4294967297",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551617",
    "999999999999999999999999999999",
    "01",
    "+1",
    "%2B1",
    "1.0",
    "1e0",
    "1e3",
    "0x1",
    "abc",
    "new1",
    "%31",
    "1%00",
    "%001",
    "1%0a",
    "1%20",
    "%201",
    "1;x",
    "1'",
    "%EF%BC%91",
    "%D9%A1",
    "%ff",
    "%",
    "%zz",
];

/// The feature's routes with an id that exist where sign-in is not configured.
fn routes_with_id() -> impl Iterator<Item = Route> {
    feature_routes().filter(|route| route.path.contains('{') && route.cells[0] != "404")
}

/// The path with this text instead of the id.
fn with_id(route: &Route, id: &str) -> String {
    let (before, rest) = route.path.split_once('{').expect("an id");
    let (_, after) = rest.split_once('}').expect("an id");
    format!("{before}{id}{after}")
}

/// Sends the request and follows a redirect of a page.
async fn send(visitor: &Visitor, route: &Route, path: &str, fields: &[(&str, &str)]) -> Response {
    if route.method == "POST" {
        return visitor.post(path, fields).await;
    }
    let response = visitor.get(path).await;
    if response.status.is_redirection() {
        return visitor.get(response.location()).await;
    }
    response
}

async fn counts(site: &Site) -> Vec<i64> {
    let mut counts = Vec::new();
    for form in FEATURE.forms {
        counts.push(site.count(form.table).await);
    }
    counts
}

on_both_databases! {
    async fn an_id_that_is_malformed_or_unknown_is_not_found_and_nothing_is_written(site: Site) {
        FEATURE.insert_rows(&site.db, "").await;
        let (visitor, written) = (site.visitor(), counts(&site).await);
        for route in routes_with_id() {
            for id in NOT_FOUND_IDS {
                let path = with_id(&route, id);
                for fields in [FEATURE.all_fields(), Vec::new()] {
                    let response = send(&visitor, &route, &path, &fields).await;
                    assert_eq!(response.status, StatusCode::NOT_FOUND, "{} {path}", route.method);
                    assert!(response.body.contains("href=\"/\""), "{path}: no recovery link");
                }
            }
        }
        assert_eq!(counts(&site).await, written);
        for route in routes_with_id() {
            let path = with_id(&route, "1");
            let response = send(&visitor, &route, &path, &FEATURE.all_fields()).await;
            assert!(!response.status.is_client_error(), "{} {path}: {}", route.method, response.body);
        }
    }

    async fn a_path_without_its_id_is_rejected(site: Site) {
        let visitor = site.visitor();
        for route in routes_with_id() {
            let empty = with_id(&route, "");
            let trimmed = empty.trim_end_matches('/');
            let is_route = feature_routes().any(|other| other.path == trimmed);
            // A slash at the end is ignored.
            let paths = [empty.as_str(), trimmed];
            for path in paths.into_iter().filter(|path| !is_route || path.contains("//")) {
                let status = send(&visitor, &route, path, &FEATURE.all_fields()).await.status;
                assert!(matches!(status.as_u16(), 404 | 405), "{} {path}: {status}", route.method);
            }
        }
    }

    async fn a_path_that_differs_by_a_suffix_or_in_case_is_not_found(site: Site) {
        let visitor = site.visitor();
        assert_eq!(visitor.post(FORM, &FIELDS).await.status, StatusCode::SEE_OTHER);
        let capitalised = format!("/{}{}", ROW[1..2].to_uppercase(), &ROW[2..]);
        for path in [format!("{ROW}."), format!("{ROW}.html"), format!("{ROW}%00"), format!("{ROW}/edit%00"), capitalised] {
            let request = visitor.request(Method::GET, &path);
            assert_eq!(visitor.send(request).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(visitor.get(ROW).await.status, StatusCode::OK);
    }
}
