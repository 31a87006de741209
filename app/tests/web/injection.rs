//! Markup, SQL and search operators are treated as text in every field and query.

use std::collections::BTreeMap;

use harness::{Form, Kind, Response, Site, on_both_databases};
use reqwest::header::COOKIE;
use reqwest::{Method, StatusCode};

use crate::feature::{FEATURE, FIELDS, FORM, ROW, TABLE};

/// Short enough for every field.
const MARKUP: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</title></textarea><b>bold</b>",
    "{{ 3 * 37037037037 }}{% include \"x\" %}",
    "&lt;i&gt;&amp;<!-- ]]> javascript:alert(1)",
];

const SQL: [&str; 10] = [
    "'; DROP TABLE session; --",
    "' OR '1'='1",
    "\\'; DELETE FROM session; --",
    "\"; SELECT pg_sleep(10); --",
    "1) UNION SELECT 1, 2, 3 --",
    "$1 $$ ?1 :name @p %s",
    "100%_\\%",
    "a' || 'b",
    "x'00'",
    "0; PRAGMA writable_schema = 1",
];

/// Operators of the search languages of SQLite and PostgreSQL.
const SEARCHES: [&str; 20] = [
    "\"",
    "'",
    "*",
    "a*",
    "^a",
    "-a",
    "a -b",
    "a AND",
    "OR",
    "NOT a",
    "NEAR(a b, 2)",
    "name:a",
    "{name} : a",
    "a & | ! b",
    "a <-> b",
    ":*",
    "a:*B",
    "\\",
    "(((",
    "a\0b",
];

fn assert_no_markup(response: &Response, typed: &str) {
    for raw in [
        "<script>",
        "<img",
        "<b>bold",
        "</title></textarea>",
        "<!-- ]]>",
        "' autofocus onfocus='",
        "111111111111",
    ] {
        assert!(
            !response.body.contains(raw),
            "{typed}: {raw} in {}",
            response.body
        );
    }
}

/// The text as a page must contain it: no character can end an attribute or begin a tag.
fn escaped(text: &str) -> String {
    text.chars().map(escaped_character).collect()
}

fn escaped_character(character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => other.to_string(),
    }
}

/// Submits every form with this text in its text fields, the others for the row of the first form. Returns the pages that
/// show the text.
async fn submit_all(
    site: &Site,
    text: &str,
    further: &[(&str, &str)],
) -> Vec<(&'static Form, String)> {
    let (mut shown, mut id) = (Vec::new(), String::new());
    for form in FEATURE.forms {
        let fields = [&form.with_text(text)[..], further].concat();
        let response = site.visitor().post(&form.action(&id), &fields).await;
        assert_eq!(
            response.status,
            StatusCode::SEE_OTHER,
            "{text}: {}",
            response.body
        );
        let page = response
            .location()
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .to_owned();
        if id.is_empty() {
            page.rsplit('/')
                .next()
                .unwrap_or_default()
                .clone_into(&mut id);
        }
        shown.push((form, page));
    }
    shown
}

on_both_databases! {
    async fn markup_in_every_field_is_shown_as_text(site: Site) {
        for text in MARKUP {
            let mut occurrences = BTreeMap::new();
            for (form, page) in submit_all(&site, text, &[]).await {
                *occurrences.entry(page).or_insert(0) += form.occurrences;
            }
            for (page, expected) in occurrences {
                let response = site.visitor().get(&page).await;
                assert_no_markup(&response, text);
                assert_eq!(response.body.matches(&escaped(text)).count(), expected, "{}", response.body);
            }
        }
        for path in FEATURE.lists {
            let list = site.visitor().get(path).await;
            assert_no_markup(&list, path);
            assert!(list.body.contains("&lt;script&gt;alert(1)"), "{path}");
        }
    }

    async fn markup_in_a_rejected_form_is_shown_as_text(site: Site) {
        let visitor = site.visitor();
        visitor.post(FORM, &FIELDS).await;
        for text in MARKUP {
            let long = format!("{text}{}", "x".repeat(500));
            for form in FEATURE.forms {
                let fields = form.fields.iter().map(|field| {
                    (field.name, if field.limit().is_some() { long.as_str() } else { text })
                });
                let fields: Vec<_> = fields.chain([("submission_key", text)]).collect();
                let response = visitor.post(&form.action("1"), &fields).await;
                assert_eq!(response.status, StatusCode::UNPROCESSABLE_ENTITY);
                assert_no_markup(&response, text);
                let typed = form.fields.iter().filter(|field| !matches!(field.kind, Kind::Choice(_)));
                let expected = typed.count() + 1;
                assert_eq!(response.body.matches(&escaped(text)).count(), expected, "{}", response.body);
            }
        }
    }

    async fn markup_in_a_query_is_shown_as_text(site: Site) {
        submit_all(&site, "alert script img b", &[]).await;
        for text in MARKUP {
            for parameters in [[("q", text), ("list", text), ("after", text)], [("q", text), ("sort", "name"), ("before", text)]] {
                for path in ["/", ROW] {
                    let page = site.visitor().get_with(path, &parameters).await;
                    assert_eq!(page.status, StatusCode::OK, "{text}");
                    assert_no_markup(&page, text);
                }
            }
        }
    }

    async fn sql_in_every_field_is_stored_as_text(site: Site) {
        for text in SQL {
            submit_all(&site, text, &[("submission_key", text)]).await;
        }
        for form in FEATURE.forms {
            for field in form.text_fields() {
                let sql = format!("SELECT {} AS value FROM {} ORDER BY id", field.column, form.table);
                assert_eq!(site.texts(&sql).await, SQL, "{}", field.name);
            }
        }
    }

    async fn sql_and_operators_in_a_query_are_text(site: Site) {
        site.visitor().post(FORM, &FIELDS).await;
        for text in SQL.into_iter().chain(SEARCHES) {
            for sort in ["newest", "rating", "name", text] {
                let parameters = [("q", text), ("sort", sort), ("after", text)];
                let page = site.visitor().get_with("/", &parameters).await;
                assert_eq!(page.status, StatusCode::OK, "{parameters:?}");
            }
        }
        assert_eq!(site.count(TABLE).await, 1);
    }

    async fn a_very_long_search_succeeds(site: Site) {
        site.visitor().post(FORM, &FIELDS).await;
        for text in ["x".repeat(20_000), "x+".repeat(10_000), "%F0%9F%8D%9C".repeat(1_500), "e%CC%81".repeat(3_000)] {
            let page = site.visitor().get(&format!("/?q={text}")).await;
            assert_eq!(page.status, StatusCode::OK);
        }
    }

    async fn a_malformed_cursor_never_causes_an_error(site: Site) {
        submit_all(&site, "Zoë", &[]).await;
        let numbers = ["", "-1", "0", "1", "2147483647", "-2147483648", "2147483648", "9223372036854775807", "-9223372036854775808",
            "253402300799999999", "-377705116800000000", "-210895056000000000", "99999999999999999999", "NaN", "1e9", "~", "%00", "x", "🍜"];
        for key in numbers {
            for path in FEATURE.paginated {
                for cursor in [format!("{key}~1"), format!("{key}~-2147483648"), format!("{key}~2147483647"), key.to_owned()] {
                    let address = format!("{path}&after={cursor}");
                    assert_eq!(site.visitor().get(&address).await.status, StatusCode::OK, "{address}");
                }
            }
        }
    }

    async fn a_malformed_backward_cursor_never_causes_an_error(site: Site) {
        submit_all(&site, "Zoë", &[]).await;
        for cursor in ["", "0", "1", "-1~1", "9223372036854775807~1", "253402300799999999~2147483647", "~~", "NaN~1", "🍜~1", "x"] {
            for path in FEATURE.paginated {
                let address = format!("{path}&before={cursor}");
                assert_eq!(site.visitor().get(&address).await.status, StatusCode::OK, "{address}");
            }
        }
    }

    async fn an_invalid_cursor_shows_the_first_page(site: Site) {
        submit_all(&site, "Zoë", &[]).await;
        for junk in ["x", "~", "1~x", "%00~1", "99999999999999999999"] {
            for path in FEATURE.paginated {
                let first = site.visitor().get(path).await.body.matches("Zoë").count();
                let page = site.visitor().get(&format!("{path}&after={junk}")).await;
                assert!(page.body.contains("Zoë"), "{path} {junk}");
                let shown = page.body.matches("Zoë").count();
                assert_eq!(shown, first, "{path} {junk}");
            }
        }
    }

    async fn an_unknown_notice_is_not_shown(site: Site) {
        let plain = site.visitor().get("/").await;
        let link = site.visitor().get("/?notice=You+have+won").await;
        assert_eq!(link.body, plain.body);
        let code = FEATURE.added;
        for cookie in ["notice=You have won", "notice=%3Cb%3E", "notice=", &format!("notice={code}x"), &format!("x{code}")] {
            let request = site.visitor().request(Method::GET, "/").header(COOKIE, cookie);
            let page = site.visitor().send(request).await;
            assert_eq!(page.body, plain.body, "{cookie}");
        }
        let request = site.visitor().request(Method::GET, "/").header(COOKIE, format!("notice={code}"));
        assert!(site.visitor().send(request).await.body.contains("role=\"status\""));
    }
}
