//! Valid forms that fail: the error page contains what was typed, and it can be sent again.

use harness::sign_in::{SignInSite, signed_in_browser};
use harness::{Backend, Response, Site, on_both_databases, unescape_html};
use reqwest::{Method, StatusCode};

use crate::feature::{FEATURE, FIELDS, FORM, TABLE};

const KEY: (&str, &str) = ("submission_key", "0123456789abcdef");

/// Asserts that the page shows what was typed, in a form to the same address, and returns the fields of that form.
fn sent_again(response: &Response, action: &str) -> Vec<(String, String)> {
    for (_, value) in FIELDS {
        let text = unescape_html(&response.body);
        assert!(text.contains(value), "{value} is missing in {text}");
    }
    let form = format!("<form class=\"row\" method=\"post\" action=\"{action}\">");
    let body = response.body.replace("&#x2F;", "/");
    let (_, form) = body.split_once(&form).expect("a form to be sent again");
    let (form, _) = form.split_once("</form>").expect("its end");
    assert!(form.contains("Try again"), "{form}");
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").expect("a value");
            let value = rest.split("\">").next().expect("its end");
            (unescape_html(name), unescape_html(value))
        })
        .collect()
}

fn typed() -> Vec<(&'static str, &'static str)> {
    [&FIELDS[..], &[KEY]].concat()
}

on_both_databases! {
    async fn a_form_that_fails_can_be_sent_again_without_a_second_row(site: Site) {
        let visitor = site.visitor();
        site.execute(&format!("ALTER TABLE {TABLE} RENAME TO away")).await;
        let failed = visitor.post(FORM, &typed()).await;
        assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
        let fields = sent_again(&failed, FORM);
        let expected: Vec<_> = typed().iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(fields, expected);

        site.execute(&format!("ALTER TABLE away RENAME TO {TABLE}")).await;
        for _ in 0..2 {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(visitor.post(FORM, &fields).await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(site.count(TABLE).await, 1);
    }
}

#[tokio::test]
async fn a_form_over_the_rate_limit_can_be_sent_again() {
    let flags = ["--rate-limit-writes=1", "--trusted-proxies=127.0.0.1"];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    let visitor = site.visitor();
    let mut responses = Vec::new();
    for _ in 0..2 {
        let request = visitor.request(Method::POST, FORM).form(&typed());
        let request = request.header("X-Forwarded-For", "203.0.113.7");
        responses.push(visitor.send(request).await);
    }
    assert_eq!(responses[1].status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sent_again(&responses[1], FORM).len(), FIELDS.len() + 1);
}

#[tokio::test]
async fn a_form_from_another_site_is_shown_and_cannot_be_sent_by_one_click() {
    let site = Site::start(Backend::Sqlite).await;
    let visitor = site.visitor();
    for (name, value) in [
        ("origin", "https://other.example"),
        ("sec-fetch-site", "cross-site"),
        ("referer", "https://other.example/form"),
    ] {
        let request = visitor.request(Method::POST, FORM).form(&typed());
        let response = visitor.send(request.header(name, value)).await;
        assert_eq!(response.status, StatusCode::FORBIDDEN, "{name}");
        for (_, value) in FIELDS {
            assert!(unescape_html(&response.body).contains(value), "{value}");
        }
        assert!(!response.body.contains("<form class=\"row\""), "{name}");
    }
}

#[tokio::test]
async fn an_error_page_links_to_the_failed_address() {
    let site = Site::start(Backend::Sqlite).await;
    site.execute(&format!("ALTER TABLE {TABLE} RENAME TO away"))
        .await;
    for path in ["/", FEATURE.row_page] {
        let response = site.visitor().get(path).await;
        assert_eq!(response.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let link = format!("<a class=\"button\" href=\"{path}\">Try again</a>");
        assert!(
            unescape_html(&response.body).contains(&link),
            "{}",
            response.body
        );
    }
    let missing = site.visitor().get("/nothing").await;
    assert!(!missing.body.contains("Try again"), "{}", missing.body);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_form_sent_after_the_session_has_ended_can_be_sent_again_after_signing_in() {
    let site = SignInSite::start().await;
    let browser = signed_in_browser(&site, "alice").await;
    site.execute("DELETE FROM session").await;
    let rejected = browser.post(FORM, &typed()).await;
    assert_eq!(rejected.status, StatusCode::UNAUTHORIZED);
    assert!(!rejected.headers.contains_key("location"));
    let fields = sent_again(&rejected, FORM);
    assert!(
        rejected.body.contains("target=\"_blank\""),
        "{}",
        rejected.body
    );
    assert_eq!(
        site.count(TABLE).await,
        0,
        "nothing is stored for strangers"
    );

    browser.sign_in("alice").await;
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let accepted = browser.post(FORM, &fields).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER);
    assert_eq!(site.count(TABLE).await, 1);
}
