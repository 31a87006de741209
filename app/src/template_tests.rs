//! Tests that render every page template with samples of its view.

use std::collections::BTreeSet;
use std::path::Path;

use crate::response::samples::{HOSTILE, Sample};
use crate::{api, auth_routes, feature, response};

fn samples() -> Vec<Sample> {
    let mut samples = response::error_samples();
    samples.extend(response::confirmation_samples());
    samples.extend(auth_routes::samples());
    samples.extend(api::samples());
    samples.extend(feature::samples());
    samples
}

/// The templates that extend the layout.
fn page_templates(folder: &Path, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder of templates") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            names.extend(page_templates(&entry.path(), &format!("{name}/")));
        } else if std::fs::read_to_string(entry.path())
            .is_ok_and(|text| text.starts_with("{% extends"))
        {
            names.insert(name);
        }
    }
    names
}

#[test]
fn every_page_template_is_rendered_with_a_sample() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let rendered: BTreeSet<String> = samples()
        .into_iter()
        .map(|(template, _)| template.to_owned())
        .collect();
    assert_eq!(rendered, page_templates(&folder, ""));
}

#[test]
fn ids_are_unique_in_every_page() {
    for (template, pages) in samples() {
        for page in pages.split("<!DOCTYPE html>") {
            let mut seen = BTreeSet::new();
            for part in page.split(" id=\"").skip(1) {
                let id = part.split('"').next().unwrap_or_default();
                assert!(seen.insert(id), "{template}: duplicate id {id}");
            }
        }
    }
}

/// A form with a field of each kind.
mod form_fields {
    use tera::{Context, Tera};
    use time::macros::date;

    use super::*;
    use crate::form::{
        Choice, Day, Field, FieldErrors, Fields, FormValues, FormView, Integer, Kind, Line,
        Optional, Text,
    };

    const fn field<K>(name: &'static str, kind: K) -> Field<K> {
        Field {
            name,
            label: "Label",
            missing: "Enter a value",
            hint: "Advice.",
            kind,
        }
    }

    const LINE: Field<Line> = field(
        "line",
        Line {
            max: 5,
            autocomplete: "off",
        },
    );
    const TEXT: Field<Text> = field("text", Text { max: 5, rows: 3 });
    const NUMBER: Field<Integer> = field("number", Integer { min: 1, max: 9 });
    const DATE: Field<Day> = field(
        "date",
        Day {
            min: date!(2000 - 01 - 01),
            max: date!(2099 - 12 - 31),
        },
    );
    const CHOICE: Field<Choice<bool>> = field(
        "choice",
        Choice(&[(true, "yes", "Yes"), (false, "no", "No")]),
    );
    const OPTIONAL: Field<Optional<Integer>> =
        field("optional", Optional(Integer { min: 1, max: 9 }));

    const PAGE: &str = "{{ <error_summary form /> }}{{ <form_fields form /> }}";

    fn render(values: &FormValues, errors: &FieldErrors) -> String {
        let fields: &Fields = &[&LINE, &TEXT, &NUMBER, &DATE, &CHOICE, &OPTIONAL];
        let mut tera = Tera::new();
        let components = include_str!("../templates/components.html");
        tera.add_raw_templates([("components.html", components), ("page.html", PAGE)])
            .expect("templates");
        let mut context = Context::new();
        context.insert("form", &FormView::refused(fields, values, errors));
        let html = tera.render("page.html", &context).expect("a page");
        assert!(!html.contains(HOSTILE), "{html}");
        html
    }

    fn check<K: Kind>(field: &Field<K>, typed: &str) -> Result<K::Value, String> {
        field.parse(typed)
    }

    #[test]
    fn each_kind_has_its_control_its_limits_and_its_hint() {
        let html = render(&FormValues::default(), &FieldErrors::default());
        for part in [
            "name=\"line\" required aria-describedby=\"line-hint\" value=\"\" type=\"text\" dir=\"auto\"",
            "<p class=\"hint\" id=\"line-hint\">Up to 5 characters. Advice.</p>",
            "<textarea class=\"text-input\" id=\"text\" name=\"text\" required",
            "name=\"number\" required aria-describedby=\"number-hint\" value=\"\" type=\"text\" inputmode=\"numeric\"",
            "<p class=\"hint\" id=\"number-hint\">1 to 9. Advice.</p>",
            "type=\"date\" min=\"2000-01-01\" max=\"2099-12-31\"",
            "<input type=\"radio\" name=\"choice\" value=\"yes\" id=\"choice\" required> Yes",
            "name=\"optional\" aria-describedby=\"optional-hint\"",
            "<p class=\"hint\" id=\"optional-hint\">Optional. 1 to 9. Advice.</p>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("error-summary"), "{html}");
    }

    #[test]
    fn an_invalid_form_shows_each_value_as_typed_with_a_message() {
        let names = ["line", "text", "number", "date", "choice", "optional"];
        let values = FormValues::from(names.map(|name| (name, HOSTILE.to_owned())));
        let mut errors = FieldErrors::default();
        errors.check(&LINE, &values);
        errors.check(&TEXT, &values);
        errors.check(&NUMBER, &values);
        errors.check(&DATE, &values);
        errors.check(&CHOICE, &values);
        errors.check(&OPTIONAL, &values);
        let html = render(&values, &errors);
        for name in names {
            let message = format!("id=\"{name}-error\"");
            assert!(html.contains(&message), "{name}: {html}");
            assert!(
                html.contains(&format!("<a href=\"#{name}\">")),
                "{name}: {html}"
            );
        }
        assert!(
            html.contains("Label must be a whole number from 1 to 9"),
            "{html}"
        );
    }

    #[test]
    fn a_value_is_parsed_by_the_kind_of_its_field() {
        assert_eq!(check(&NUMBER, "7"), Ok(7));
        assert_eq!(check(&DATE, "2024-02-29"), Ok(date!(2024 - 02 - 29)));
        assert_eq!(check(&CHOICE, "no"), Ok(false));
        for typed in ["", "No", " no", "maybe"] {
            assert_eq!(check(&CHOICE, typed), Err("Enter a value".to_owned()));
        }
        assert_eq!(check(&OPTIONAL, ""), Ok(None));
        assert_eq!(check(&OPTIONAL, "3"), Ok(Some(3)));
        let expected = "Label must be 5 characters or fewer (you entered 6)";
        assert_eq!(check(&LINE, "abcdef"), Err(expected.to_owned()));
    }

    #[test]
    fn a_field_that_is_sent_twice_is_an_error() {
        let parse = serde_urlencoded::from_str::<FormValues>;
        assert_eq!(parse("a=1&b=2").expect("a form").get("b"), "2");
        assert!(parse("a=1&a=2").is_err());
    }
}
