//! Text that would like to be markup, SQL or a search expression stays text.

use reqwest::StatusCode;

use harness::{Answer, Site, Store, on_both_databases};

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
    "'; DROP TABLE restaurant; --",
    "' OR '1'='1",
    "\\'; DELETE FROM review; --",
    "\"; SELECT pg_sleep(10); --",
    "1) UNION SELECT 1, 2, 3 --",
    "$1 $$ ?1 :name @p %s",
    "100%_\\%",
    "a' || 'b",
    "x'00'",
    "0; PRAGMA writable_schema = 1",
];

/// What the two search languages have of operators.
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

fn assert_no_markup(answer: &Answer, typed: &str) {
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
            !answer.body.contains(raw),
            "{typed}: {raw} in {}",
            answer.body
        );
    }
}

/// How a text stands in a page: nothing in it can end an attribute or begin a tag.
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

fn restaurant(text: &str) -> [(&str, &str); 3] {
    [
        ("restaurant_name", text),
        ("street_address", text),
        ("description", text),
    ]
}

fn review(text: &str) -> [(&str, &str); 3] {
    [("user_name", text), ("rating", "5"), ("review_text", text)]
}

on_both_databases! {
    async fn markup_in_every_field_is_shown_as_text(site: Site) {
        let visitor = site.visitor();
        for (id, text) in (1..).zip(MARKUP) {
            let added = visitor.post("/restaurants", &restaurant(text)).await;
            assert_eq!(added.status, StatusCode::SEE_OTHER, "{text}");
            let reviewed = visitor.post(&format!("/restaurants/{id}/reviews"), &review(text)).await;
            assert_eq!(reviewed.status, StatusCode::SEE_OTHER, "{text}");
            let details = visitor.get(&format!("/restaurants/{id}")).await;
            assert_no_markup(&details, text);
            let places = details.body.matches(&escaped(text)).count();
            assert_eq!(places, 7, "title, meta, name, address, description, reviewer, review: {}", details.body);
        }
        for path in ["/", "/?sort=name", "/?sort=rating", "/?q=alert", "/?q=alert&sort=name"] {
            let list = visitor.get(path).await;
            assert_no_markup(&list, path);
            assert!(list.body.contains("&lt;script&gt;alert(1)"), "{path}");
        }
    }

    async fn markup_in_a_refused_form_is_shown_as_text(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("Zoë")).await;
        for text in MARKUP {
            let long = format!("{text}{}", "x".repeat(500));
            let [name, address, description] = restaurant(&long);
            let key = ("submission_key", text);
            let answer = visitor.post("/restaurants", &[name, address, description, key]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_no_markup(&answer, text);
            assert_eq!(answer.body.matches(&escaped(text)).count(), 4, "{}", answer.body);
            let fields = [("user_name", &*long), ("rating", text), ("review_text", &long), key];
            let answer = visitor.post("/restaurants/1/reviews", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_no_markup(&answer, text);
        }
    }

    async fn markup_in_a_query_is_shown_as_text(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("alert script img b")).await;
        for text in MARKUP {
            for parameters in [[("q", text), ("sort", text), ("after", text)], [("q", text), ("sort", "name"), ("notice", text)]] {
                for path in ["/", "/restaurants/1"] {
                    let page = visitor.get_with(path, &parameters).await;
                    assert_eq!(page.status, StatusCode::OK, "{text}");
                    assert_no_markup(&page, text);
                }
            }
        }
    }

    async fn sql_in_every_field_is_stored_as_text(site: Site) {
        let visitor = site.visitor();
        for (id, text) in (1..).zip(SQL) {
            let added = visitor.post("/restaurants", &restaurant(text)).await;
            assert_eq!(added.status, StatusCode::SEE_OTHER, "{text}");
            let fields = [&review(text)[..], &[("submission_key", text)]].concat();
            let reviewed = visitor.post(&format!("/restaurants/{id}/reviews"), &fields).await;
            assert_eq!(reviewed.status, StatusCode::SEE_OTHER, "{text}");
        }
        let names = site.texts("SELECT name AS value FROM restaurant ORDER BY id").await;
        assert_eq!(names, SQL);
        let texts = site.texts("SELECT review_text AS value FROM review ORDER BY id").await;
        assert_eq!(texts, SQL);
    }

    async fn sql_and_operators_in_a_query_are_text(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("Zoë")).await;
        for text in SQL.into_iter().chain(SEARCHES) {
            for sort in ["newest", "rating", "name", text] {
                let parameters = [("q", text), ("sort", sort), ("after", text)];
                let page = visitor.get_with("/", &parameters).await;
                assert_eq!(page.status, StatusCode::OK, "{parameters:?}");
            }
        }
        assert_eq!(site.count("restaurant").await, 1);
    }

    async fn a_very_long_search_is_answered(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("Zoë")).await;
        for text in ["x".repeat(20_000), "x+".repeat(10_000), "%F0%9F%8D%9C".repeat(1_500), "e%CC%81".repeat(3_000)] {
            let page = visitor.get(&format!("/?q={text}")).await;
            assert_eq!(page.status, StatusCode::OK);
        }
    }

    async fn a_junk_cursor_is_never_a_fault(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("Zoë")).await;
        visitor.post("/restaurants/1/reviews", &review("Noor")).await;
        let numbers = ["", "-1", "0", "1", "2147483647", "-2147483648", "2147483648", "9223372036854775807", "-9223372036854775808",
            "253402300799999999", "-377705116800000000", "-210895056000000000", "99999999999999999999", "NaN", "1e9", "~", "%00", "x", "🍜"];
        for key in numbers {
            for id in ["1", "-2147483648", "2147483647"] {
                for path in ["/?sort=newest", "/?sort=rating", "/?sort=name", "/?sort=name&q=z", "/restaurants/1?"] {
                    let address = format!("{path}&after={key}~{id}");
                    assert_eq!(visitor.get(&address).await.status, StatusCode::OK, "{address}");
                }
            }
            let page = visitor.get(&format!("/?after={key}")).await;
            assert_eq!(page.status, StatusCode::OK, "{key}");
        }
    }

    async fn what_is_no_cursor_means_the_first_page(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("Zoë")).await;
        visitor.post("/restaurants/1/reviews", &review("Noor")).await;
        for junk in ["x", "~", "1~x", "%00~1", "99999999999999999999"] {
            for sort in ["newest", "rating", "name", "junk"] {
                let list = visitor.get(&format!("/?sort={sort}&after={junk}")).await;
                assert!(list.body.contains("Zoë"), "{sort} {junk}");
            }
            let details = visitor.get(&format!("/restaurants/1?after={junk}")).await;
            assert!(details.body.contains("Noor"), "{junk}");
        }
    }

    async fn a_notice_is_one_of_ours(site: Site) {
        let visitor = site.visitor();
        visitor.post("/restaurants", &restaurant("Zoë")).await;
        let page = visitor.get("/restaurants/1?notice=You+have+won").await;
        assert!(!page.body.contains("You have won"));
        assert!(!page.body.contains("role=\"status\""));
    }
}
