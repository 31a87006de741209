//! Invalid forms: nothing is written, the form keeps what was typed, and each invalid field has a message.

use harness::{Field, Form, Kind, Response, Site, on_both_databases, unescape_html};
use reqwest::StatusCode;

use crate::feature::{FEATURE, FIELDS, FORM, TABLE};

/// Whitespace and invisible characters.
const WHITESPACE: [&str; 12] = [
    "",
    "   ",
    "\t",
    "\r\n\r\n",
    "\u{a0}",
    "\u{3000}",
    "\u{200b}",
    "\u{feff}\u{200d}",
    "\u{3164}",
    "\u{2800} \u{fe0f}",
    "\u{e0020}\u{61c}",
    "\r\n \t",
];

/// Every text field with its form and its limit in characters.
fn text_fields() -> impl Iterator<Item = (&'static Form, &'static Field, usize)> {
    FEATURE.forms.iter().flat_map(|form| {
        let fields = form.fields.iter();
        fields.filter_map(move |field| Some((form, field, field.limit()?)))
    })
}

/// Every field with its form.
fn all_fields() -> impl Iterator<Item = (&'static Form, &'static Field)> {
    let forms = FEATURE.forms.iter();
    forms.flat_map(|form| form.fields.iter().map(move |field| (form, field)))
}

/// Adds the row that the other forms belong to.
pub(crate) async fn add_row(site: &Site) {
    let added = site.visitor().post(FORM, &FIELDS).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
}

/// Submits a form with one invalid field and asserts that the field has a message, the others keep their values, and
/// nothing is written.
pub(crate) async fn assert_rejected(site: &Site, form: &Form, field: &str, value: Option<&str>) {
    let written = site.count(form.table).await;
    let fields = form.with(field, value);
    let response = site.visitor().post(&form.action("1"), &fields).await;
    let case = format!("{field}={value:?}: {}", response.body);
    assert_eq!(response.status, StatusCode::UNPROCESSABLE_ENTITY, "{case}");
    assert_eq!(invalid_fields(&response), [field], "{case}");
    assert!(response.body.contains("<title>Error: "), "{case}");
    for (name, typed) in fields {
        let field = form.fields.iter().find(|field| field.name == name);
        assert_kept(&response, field.expect("a field of the form"), typed);
    }
    assert_eq!(site.count(form.table).await, written, "{case}");
}

pub(crate) async fn assert_accepted(site: &Site, form: &Form, field: &str, value: &str) {
    let fields = form.with(field, Some(value));
    let response = site.visitor().post(&form.action("1"), &fields).await;
    assert_eq!(
        response.status,
        StatusCode::SEE_OTHER,
        "{field}={value}: {}",
        response.body
    );
}

/// The last value of the field's column, as text.
async fn stored(site: &Site, form: &Form, field: &Field) -> Vec<String> {
    let (column, table) = (field.column, form.table);
    site.texts(&format!(
        "SELECT CAST({column} AS text) AS value FROM {table} ORDER BY id DESC LIMIT 1"
    ))
    .await
}

/// The names of the fields that are marked as invalid; asserts that each has a message.
fn invalid_fields(response: &Response) -> Vec<String> {
    let tags = response.body.split('<').filter_map(|part| {
        let tag = part.split('>').next()?;
        tag.contains("aria-invalid=\"true\"").then_some(tag)
    });
    tags.map(|tag| {
        let described = attribute(tag, "aria-describedby").expect("a description");
        let message = described.split(' ').find(|id| id.ends_with("-error"));
        let message = message.expect("a message");
        let shown = format!("id=\"{message}\"");
        assert!(response.body.contains(&shown), "{message} is not shown");
        message.trim_end_matches("-error").to_owned()
    })
    .collect()
}

fn assert_kept(response: &Response, field: &Field, typed: &str) {
    let Kind::Choice(values) = field.kind else {
        let shown = shown_value(response, field.name);
        return assert_eq!(
            unescape_html(&shown),
            typed,
            "{} in {}",
            field.name,
            response.body
        );
    };
    let chosen = response
        .body
        .split('<')
        .find(|tag| tag.contains(" checked"));
    assert_eq!(
        chosen.is_some(),
        values.contains(&typed),
        "{} {typed:?}",
        field.name
    );
    assert!(chosen.is_none_or(|tag| attribute(tag, "value") == Some(typed)));
}

/// The value of an input or a text area.
fn shown_value(response: &Response, field: &str) -> String {
    let named = format!("name=\"{field}\"");
    let tag = response.body.split('<').find(|tag| tag.contains(&named));
    let tag = tag.unwrap_or_else(|| panic!("{field} is missing in {}", response.body));
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

on_both_databases! {
    async fn a_missing_or_whitespace_only_field_is_rejected(site: Site) {
        add_row(&site).await;
        for (form, field, _) in text_fields() {
            assert_rejected(&site, form, field.name, None).await;
            for blank in WHITESPACE {
                assert_rejected(&site, form, field.name, Some(blank)).await;
            }
        }
    }

    async fn one_character_more_than_the_limit_is_rejected(site: Site) {
        add_row(&site).await;
        for (form, field, limit) in text_fields() {
            for text in texts_of(limit + 1) {
                assert_rejected(&site, form, field.name, Some(&text)).await;
            }
        }
    }

    async fn control_characters_and_line_breaks_in_a_line_are_rejected(site: Site) {
        add_row(&site).await;
        for (form, field, _) in text_fields() {
            for text in ["a\0b", "\0", "a\u{1b}[31m", "a\u{7f}", "a\u{86}b", "a\u{c}\u{7}"] {
                assert_rejected(&site, form, field.name, Some(text)).await;
            }
            if matches!(field.kind, Kind::Line(_)) {
                assert_rejected(&site, form, field.name, Some("two\r\nlines")).await;
            }
        }
    }

    async fn a_rejected_character_is_named_with_its_position(site: Site) {
        add_row(&site).await;
        for (form, field, _) in text_fields() {
            let fields = form.with(field.name, Some("שלום e\u{301}\u{7}!"));
            let response = site.visitor().post(&form.action("1"), &fields).await;
            assert_eq!(response.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(response.body.contains("remove character 8 (U+0007)"), "{}", response.body);
        }
    }

    async fn pasted_page_breaks_and_line_separators_are_whitespace(site: Site) {
        add_row(&site).await;
        for (form, field, _) in text_fields() {
            for whitespace in ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
                let text = format!("{whitespace}👩\u{200d}🍳{whitespace}שלום e\u{301}{whitespace}");
                assert_accepted(&site, form, field.name, &text).await;
                let kept = if matches!(field.kind, Kind::Line(_)) { " " } else { "\n" };
                let expected = format!("👩\u{200d}🍳{kept}שלום e\u{301}");
                assert_eq!(stored(&site, form, field).await, [expected], "{whitespace:?}");
            }
        }
    }

    async fn text_of_exactly_the_limit_is_stored_as_it_was_typed(site: Site) {
        add_row(&site).await;
        for (form, field, limit) in text_fields() {
            for text in texts_of(limit) {
                assert_accepted(&site, form, field.name, &text).await;
                assert_eq!(stored(&site, form, field).await, [text], "{}", field.name);
            }
        }
    }

    async fn a_line_break_counts_as_one_character(site: Site) {
        add_row(&site).await;
        for (form, field, limit) in text_fields() {
            if matches!(field.kind, Kind::Lines(_)) {
                let breaks = (limit - 2) / 2;
                let text = format!("{}{}", "x\r\n".repeat(breaks), "y".repeat(limit - 2 * breaks));
                assert_rejected(&site, form, field.name, Some(&format!("{text}z"))).await;
                assert_accepted(&site, form, field.name, &text).await;
                assert_eq!(stored(&site, form, field).await, [text.replace("\r\n", "\n")]);
            }
        }
    }

    async fn a_choice_is_one_of_the_offered_values(site: Site) {
        add_row(&site).await;
        for (form, field) in all_fields() {
            let Kind::Choice(values) = field.kind else { continue };
            assert_rejected(&site, form, field.name, None).await;
            for junk in ["", "junk", "null"] {
                assert_rejected(&site, form, field.name, Some(junk)).await;
            }
            for value in values {
                for junk in [format!(" {value} "), format!("{value} "), format!("{value}\0"), format!("{value};{value}")] {
                    assert_rejected(&site, form, field.name, Some(&junk)).await;
                }
                assert_accepted(&site, form, field.name, value).await;
            }
        }
    }

    async fn a_number_is_whole_and_from_the_first_to_the_last(site: Site) {
        add_row(&site).await;
        for (form, field) in all_fields() {
            let Kind::Number(first, last) = field.kind else { continue };
            let outside = [i64::from(first) - 1, i64::from(last) + 1].map(|number| number.to_string());
            assert_rejected(&site, form, field.name, None).await;
            for value in ["", "1.5", "1e1", "+1", "0x1", "١", "1 2", "99999999999", &outside[0], &outside[1]] {
                assert_rejected(&site, form, field.name, Some(value)).await;
            }
            for value in [first, last] {
                assert_accepted(&site, form, field.name, &value.to_string()).await;
            }
        }
    }

    async fn a_date_is_in_the_calendar_and_from_the_first_to_the_last(site: Site) {
        add_row(&site).await;
        for (form, field) in all_fields() {
            let Kind::Date(first, last) = field.kind else { continue };
            assert_rejected(&site, form, field.name, None).await;
            for value in ["", "2023-02-29", "2024-2-1", "01.02.2024", "0001-01-01", "9999-12-31", "99999-01-01", "today"] {
                assert_rejected(&site, form, field.name, Some(value)).await;
            }
            for value in [first, last] {
                assert_accepted(&site, form, field.name, value).await;
                assert_eq!(stored(&site, form, field).await, [value]);
            }
        }
    }

    async fn every_invalid_field_of_a_form_is_marked_at_once(site: Site) {
        add_row(&site).await;
        for form in FEATURE.forms {
            let response = site.visitor().post(&form.action("1"), &[("unknown", "field")]).await;
            assert_eq!(response.status, StatusCode::UNPROCESSABLE_ENTITY);
            let names: Vec<_> = form.fields.iter().map(|field| field.name).collect();
            assert_eq!(invalid_fields(&response), names, "{}", response.body);
        }
        assert_eq!(site.count(TABLE).await, 1);
    }

    async fn a_rejected_form_can_be_corrected_and_submitted_again(site: Site) {
        let form = FEATURE.form();
        let field = form.text_fields().next().expect("a text field");
        let key = [("submission_key", "0123456789abcdef")];
        let fields = form.with(field.name, Some(""));
        let rejected = site.visitor().post(FORM, &[&fields[..], &key].concat()).await;
        assert_eq!(shown_value(&rejected, "submission_key"), "0123456789abcdef");
        let accepted = site.visitor().post(FORM, &[&form.valid()[..], &key].concat()).await;
        assert_eq!(accepted.status, StatusCode::SEE_OTHER);
        assert_eq!(site.count(TABLE).await, 1);
    }
}

/// Texts of this number of characters: of one byte, of four bytes, and with combining characters.
fn texts_of(length: usize) -> [String; 4] {
    let combining = "e\u{301}".repeat(length.div_ceil(2));
    [
        "x".repeat(length),
        "🍜".repeat(length),
        combining.chars().take(length).collect(),
        // Right-to-left text with joined emoji.
        "ش👩\u{200d}🍳".chars().cycle().take(length).collect(),
    ]
}
