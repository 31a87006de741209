//! Forms that are refused: nothing is written, nothing typed is lost, and the bad fields say so.

use reqwest::StatusCode;

use harness::{Answer, Site, Store, on_both_databases};

const RESTAURANT: [(&str, &str); 3] = [
    ("restaurant_name", "Café Zoë"),
    ("street_address", "1 High Street"),
    ("description", "Cakes & <tea>"),
];
const REVIEW: [(&str, &str); 3] = [
    ("rating", "4"),
    ("user_name", "Noor \"N\" O'Neil"),
    ("review_text", "Good cake.\r\nCome again."),
];

/// Every text field: its form, its name, its limit in characters.
const FIELDS: [(&str, &str, usize); 5] = [
    ("/restaurants", "restaurant_name", 50),
    ("/restaurants", "street_address", 50),
    ("/restaurants", "description", 250),
    ("/restaurants/1/reviews", "user_name", 50),
    ("/restaurants/1/reviews", "review_text", 500),
];

/// A form that is accepted, but for one field; without a value the field is missing.
fn form_with<'a>(form: &str, field: &str, value: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
    let fields = if form == "/restaurants" {
        RESTAURANT
    } else {
        REVIEW
    };
    let changed = fields.into_iter().map(|(name, typed)| {
        if name == field {
            (name, value)
        } else {
            (name, Some(typed))
        }
    });
    changed
        .filter_map(|(name, typed)| Some((name, typed?)))
        .collect()
}

async fn add_restaurant(site: &Site) {
    let added = site.visitor().post("/restaurants", &RESTAURANT).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
}

/// The answer to a form with one bad field: says so beside it, keeps the rest, writes nothing.
async fn assert_refused(site: &Site, form: &str, field: &str, value: Option<&str>) {
    let fields = form_with(form, field, value);
    let answer = site.visitor().post(form, &fields).await;
    let case = format!("{field}={value:?}: {}", answer.body);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{case}");
    assert_eq!(invalid_fields(&answer), [field], "{case}");
    assert!(answer.body.contains("<title>Error: "), "{case}");
    for (name, typed) in fields {
        assert_kept(&answer, name, typed);
    }
    assert_eq!(site.count("restaurant").await, 1, "{case}");
    assert_eq!(site.count("review").await, 0, "{case}");
}

/// The names of the fields marked as invalid, each described by a message that is there.
fn invalid_fields(answer: &Answer) -> Vec<String> {
    let tags = answer.body.split('<').filter_map(|part| {
        let tag = part.split('>').next()?;
        tag.contains("aria-invalid=\"true\"").then_some(tag)
    });
    tags.map(|tag| {
        let described = attribute(tag, "aria-describedby").expect("a description");
        let message = described.split(' ').find(|id| id.ends_with("-error"));
        let message = message.expect("a message");
        let shown = format!("id=\"{message}\"");
        assert!(answer.body.contains(&shown), "{message} is not shown");
        message.trim_end_matches("-error").to_owned()
    })
    .collect()
}

fn assert_kept(answer: &Answer, field: &str, typed: &str) {
    let shown = if field == "rating" {
        let chosen = answer.body.split('<').find(|tag| tag.contains(" checked"));
        let offered = matches!(typed, "1" | "2" | "3" | "4" | "5");
        assert_eq!(chosen.is_some(), offered, "rating {typed:?}");
        return assert!(chosen.is_none_or(|tag| attribute(tag, "value") == Some(typed)));
    } else {
        shown_value(answer, field)
    };
    assert_eq!(unescaped(&shown), typed, "{field} in {}", answer.body);
}

/// What an input or a text area contains, as it stands in the page.
fn shown_value(answer: &Answer, field: &str) -> String {
    let named = format!("name=\"{field}\"");
    let tag = answer.body.split('<').find(|tag| tag.contains(&named));
    let tag = tag.unwrap_or_else(|| panic!("{field} is missing in {}", answer.body));
    let value = match tag.strip_prefix("textarea") {
        Some(area) => area.split_once(">\n").map(|(_, text)| text),
        None => attribute(tag, "value"),
    };
    value.expect("a value").to_owned()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

fn unescaped(html: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2F;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    })
}

on_both_databases! {
    async fn a_missing_or_blank_field_is_refused_beside_it(site: Site) {
        add_restaurant(&site).await;
        for (form, field, _) in FIELDS {
            assert_refused_when_missing(&site, form, field).await;
            for blank in ["", "   ", "\t", "\r\n\r\n", "\u{a0}", "\u{3000}", "\u{200b}", "\u{feff}\u{200d}", "\u{3164}", "\u{2800} \u{fe0f}", "\u{e0020}\u{61c}"] {
                assert_refused(&site, form, field, Some(blank)).await;
            }
        }
    }

    async fn one_character_beyond_the_limit_is_refused_beside_it(site: Site) {
        add_restaurant(&site).await;
        for (form, field, limit) in FIELDS {
            for text in texts_of(limit + 1) {
                assert_refused(&site, form, field, Some(&text)).await;
            }
        }
    }

    async fn what_is_no_text_is_refused_beside_it(site: Site) {
        add_restaurant(&site).await;
        for (form, field, _) in FIELDS {
            for text in ["a\0b", "\0", "a\u{1b}[31m", "a\u{7f}", "a\u{85}b"] {
                assert_refused(&site, form, field, Some(text)).await;
            }
        }
        for (form, field) in [("/restaurants", "restaurant_name"), ("/restaurants", "street_address"), ("/restaurants/1/reviews", "user_name")] {
            assert_refused(&site, form, field, Some("two\r\nlines")).await;
        }
    }

    async fn text_of_exactly_the_limit_is_stored_as_it_was_typed(site: Site) {
        add_restaurant(&site).await;
        for (form, field, limit) in FIELDS {
            let (table, column) = match field {
                "restaurant_name" => ("restaurant", "name"),
                "street_address" | "description" => ("restaurant", field),
                _ => ("review", field),
            };
            for text in texts_of(limit) {
                let fields = form_with(form, field, Some(&text));
                let answer = site.visitor().post(form, &fields).await;
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{field}={text}: {}", answer.body);
                let sql = format!("SELECT {column} AS value FROM {table} ORDER BY id DESC LIMIT 1");
                assert_eq!(site.texts(&sql).await, [text], "{field}");
            }
        }
    }

    async fn a_line_break_counts_as_one_character(site: Site) {
        add_restaurant(&site).await;
        let limit = format!("{}xy", "x\r\n".repeat(124));
        let fields = form_with("/restaurants", "description", Some(&limit));
        let answer = site.visitor().post("/restaurants", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let stored = site.texts("SELECT description AS value FROM restaurant WHERE id = 2").await;
        assert_eq!(stored, [limit.replace("\r\n", "\n")]);
        site.execute("DELETE FROM restaurant WHERE id = 2").await;
        assert_refused(&site, "/restaurants", "description", Some(&format!("{limit}z"))).await;
    }

    async fn a_rating_is_a_whole_number_from_1_to_5(site: Site) {
        add_restaurant(&site).await;
        let form = "/restaurants/1/reviews";
        for rating in [
            "", "0", "6", "-1", "+4", "04", "4.0", "4.5", "4,5", "five", " 5 ", "5 ", "٥", "５", "1e0", "1e9", "0x4", "1_0",
            "100000000000000000000", "99999999999999999999", "NaN", "null", "true", "4\0", "4;5",
        ] {
            assert_refused(&site, form, "rating", Some(rating)).await;
        }
        assert_refused(&site, form, "rating", None).await;
        for rating in ["1", "2", "3", "4", "5"] {
            let answer = site.visitor().post(form, &form_with(form, "rating", Some(rating))).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{rating}");
        }
        assert_eq!(site.values("SELECT CAST(rating_sum AS bigint) AS value FROM restaurant").await, [15]);
    }

    async fn every_bad_field_of_a_form_is_marked_at_once(site: Site) {
        add_restaurant(&site).await;
        for (form, fields) in [
            ("/restaurants", ["restaurant_name", "street_address", "description"]),
            ("/restaurants/1/reviews", ["rating", "user_name", "review_text"]),
        ] {
            let answer = site.visitor().post(form, &[("unknown", "field")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(invalid_fields(&answer), fields, "{}", answer.body);
        }
        assert_eq!(site.count("restaurant").await, 1);
    }

    async fn a_form_sent_in_vain_can_be_mended_and_sent_again(site: Site) {
        let too_long = "x".repeat(51);
        let fields = form_with("/restaurants", "restaurant_name", Some(&too_long));
        let key = [("submission_key", "0123456789abcdef")];
        let refused = site.visitor().post("/restaurants", &[&fields[..], &key].concat()).await;
        assert_eq!(shown_value(&refused, "submission_key"), "0123456789abcdef");
        let accepted = site.visitor().post("/restaurants", &[&RESTAURANT[..], &key].concat()).await;
        assert_eq!(accepted.status, StatusCode::SEE_OTHER);
        assert_eq!(site.count("restaurant").await, 1);
    }
}

async fn assert_refused_when_missing(site: &Site, form: &str, field: &str) {
    assert_refused(site, form, field, None).await;
}

/// Texts of so many characters: of one byte, of four, and with combining ones.
fn texts_of(length: usize) -> [String; 4] {
    let combining = "e\u{301}".repeat(length.div_ceil(2));
    [
        "x".repeat(length),
        "🍜".repeat(length),
        combining.chars().take(length).collect(),
        // Reads from right to left, with joined emoji in between.
        "ش👩\u{200d}🍳".chars().cycle().take(length).collect(),
    ]
}
