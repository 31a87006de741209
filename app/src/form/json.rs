//! Form fields in JSON: reading their values from an object, and their JSON Schema. Both follow from the field's
//! description, so that the documented limits are the parser's.
//!
//! A value that could be read is then parsed as if it had been typed. Text is stricter than in a form, which a browser
//! has already normalized: its length counts before whitespace around it is removed.

use salvo_oapi::{BasicType, KnownFormat, Object, SchemaFormat, SchemaType};
use serde_json::Value;

use super::{Choice, Day, Field, Integer, Kind, Line, Optional, Text};
use crate::text::{INVISIBLE, ValueError, invalid, too_long};

/// Control characters that text of several lines may contain.
const LINE_BREAKS: [char; 3] = ['\t', '\n', '\r'];

/// A kind of field that JSON can express.
pub trait JsonKind: Kind {
    /// The value as it would be typed.
    ///
    /// # Errors
    /// When it has another type, or does not have the schema.
    fn read(&self, value: &Value) -> Result<String, ValueError>;

    /// The JSON Schema of the values that are accepted.
    fn schema(&self) -> Object;
}

/// A field of any kind, in JSON.
pub trait JsonField {
    fn name(&self) -> &'static str;

    /// Whether an object must have it.
    fn is_required(&self) -> bool;

    /// The value as it would be typed.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    fn read(&self, value: &Value) -> Result<String, String>;

    fn schema(&self) -> Object;
}

impl<K: JsonKind> JsonField for Field<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_required(&self) -> bool {
        self.kind.is_required()
    }

    fn read(&self, value: &Value) -> Result<String, String> {
        let read = self.kind.read(value);
        read.map_err(|error| self.message(error))
    }

    fn schema(&self) -> Object {
        let schema = self.kind.schema();
        match self.hint {
            "" => schema.description(format!("{}.", self.label)),
            hint => schema.description(format!("{}. {hint}", self.label)),
        }
    }
}

impl JsonKind for Line {
    fn read(&self, value: &Value) -> Result<String, ValueError> {
        read_text(value, self.max, &[])
    }

    fn schema(&self) -> Object {
        text_schema(self.max, &[])
    }
}

impl JsonKind for Text {
    fn read(&self, value: &Value) -> Result<String, ValueError> {
        read_text(value, self.max, &LINE_BREAKS)
    }

    fn schema(&self) -> Object {
        text_schema(self.max, &LINE_BREAKS)
    }
}

impl JsonKind for Integer {
    fn read(&self, value: &Value) -> Result<String, ValueError> {
        let (min, max) = (self.min, self.max);
        let out_of_range = || invalid(format!("must be a whole number from {min} to {max}"));
        whole_number(value).ok_or_else(out_of_range)
    }

    fn schema(&self) -> Object {
        integer_schema(self.min, self.max)
    }
}

impl JsonKind for Day {
    fn read(&self, value: &Value) -> Result<String, ValueError> {
        let text = value.as_str().map(ToOwned::to_owned);
        text.ok_or_else(|| invalid("must be a date such as \"2026-11-27\""))
    }

    fn schema(&self) -> Object {
        Object::with_type(BasicType::String).format(SchemaFormat::KnownFormat(KnownFormat::Date))
    }
}

impl<T: Copy + Sync> Choice<T> {
    /// The names as numbers, if all of them are: then the values are numbers in JSON.
    fn numbers(&self) -> Option<Vec<i32>> {
        self.0
            .iter()
            .map(|(_, name, _)| name.parse().ok())
            .collect()
    }
}

impl<T: Copy + Sync> JsonKind for Choice<T> {
    fn read(&self, value: &Value) -> Result<String, ValueError> {
        let name = match self.numbers() {
            Some(_) => whole_number(value),
            None => value.as_str().map(ToOwned::to_owned),
        };
        name.ok_or(ValueError::Missing)
    }

    fn schema(&self) -> Object {
        match self.numbers() {
            Some(numbers) if numbers.is_sorted_by(|one, next| one + 1 == *next) => {
                let (min, max) = (numbers.first(), numbers.last());
                integer_schema(min.copied().unwrap_or(0), max.copied().unwrap_or(0))
            }
            Some(numbers) => Object::with_type(BasicType::Integer).enum_values(numbers),
            None => {
                let names = self.0.iter().map(|(_, name, _)| *name);
                Object::with_type(BasicType::String).enum_values(names.collect::<Vec<_>>())
            }
        }
    }
}

impl<K: JsonKind> JsonKind for Optional<K> {
    fn read(&self, value: &Value) -> Result<String, ValueError> {
        if value.is_null() {
            return Ok(String::new());
        }
        self.0.read(value)
    }

    fn schema(&self) -> Object {
        let schema = self.0.schema();
        let SchemaType::Basic(basic) = schema.schema_type.clone() else {
            return schema;
        };
        schema.schema_type(SchemaType::Array(vec![basic, BasicType::Null]))
    }
}

fn read_text(value: &Value, max: usize, allowed: &[char]) -> Result<String, ValueError> {
    let Some(text) = value.as_str() else {
        return Err(invalid("must be a string"));
    };
    if text.contains(|c: char| c.is_control() && !allowed.contains(&c)) {
        return Err(invalid(match allowed {
            [] => "must be on one line, without tabs",
            _ => "must not contain control characters",
        }));
    }
    let length = text.chars().count();
    if length > max {
        return Err(too_long(max, length));
    }
    Ok(text.to_owned())
}

/// The digits of a whole number; `5.0` is one (JSON Schema, section 6.1.1 of its validation vocabulary).
fn whole_number(value: &Value) -> Option<String> {
    if let Some(number) = value.as_i64() {
        return Some(number.to_string());
    }
    let number = value.as_f64()?;
    (number.fract() == 0.0 && number.abs() < 1e15).then(|| format!("{number:.0}"))
}

fn integer_schema(min: i32, max: i32) -> Object {
    Object::with_type(BasicType::Integer)
        .format(SchemaFormat::KnownFormat(KnownFormat::Int32))
        .minimum(min)
        .maximum(max)
}

fn text_schema(max: usize, allowed: &[char]) -> Object {
    Object::with_type(BasicType::String)
        .min_length(1)
        .max_length(max)
        .pattern(text_pattern(allowed))
}

/// Text with a visible character, and without control characters other than these.
fn text_pattern(allowed: &[char]) -> String {
    let controls: Vec<char> = ('\0'..='\u{9f}')
        .filter(|c| c.is_control() && !allowed.contains(c))
        .collect();
    let controls: String = controls
        .chunk_by(|one, next| u32::from(*one) + 1 == u32::from(*next))
        .map(|range| range_of(range[0], range[range.len() - 1]))
        .collect();
    let invisible = INVISIBLE.iter();
    let invisible: String = invisible
        .map(|range| range_of(*range.start(), *range.end()))
        .collect();
    format!("^[^{controls}]*[^{controls}\\s{invisible}][^{controls}]*$")
}

fn range_of(start: char, end: char) -> String {
    if start == end {
        return escaped(start);
    }
    format!("{}-{}", escaped(start), escaped(end))
}

/// A character in a regular expression. The escape is known to ECMA-262, Python and Rust; characters that it cannot
/// express stand for themselves.
fn escaped(character: char) -> String {
    match u16::try_from(u32::from(character)) {
        Ok(code) => format!("\\u{code:04x}"),
        Err(_) => character.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::is_invisible;

    const RATING: Choice<i32> = Choice(&[(1, "1", "bad"), (2, "2", "good")]);

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_zero_and_not_as_text() {
        for value in [json!(2), json!(2.0), json!(2e0)] {
            assert_eq!(RATING.read(&value), Ok("2".to_owned()), "{value}");
        }
        for value in [
            json!("2"),
            json!(1.5),
            json!(true),
            json!(null),
            json!([2]),
            json!(1e300),
        ] {
            assert_eq!(RATING.read(&value), Err(ValueError::Missing), "{value}");
        }
    }

    #[test]
    fn the_limit_of_text_counts_before_whitespace_is_removed() {
        let line = Line {
            max: 3,
            autocomplete: "off",
        };
        assert_eq!(line.read(&json!(" a ")), Ok(" a ".to_owned()));
        for value in [json!(" ab "), json!("a\n"), json!(1), json!(null)] {
            assert!(
                matches!(line.read(&value), Err(ValueError::Invalid(_))),
                "{value}"
            );
        }
    }

    #[test]
    fn the_pattern_accepts_what_the_parser_accepts() {
        for allowed in [&[][..], &LINE_BREAKS] {
            let pattern = regex::Regex::new(&text_pattern(allowed)).expect("a valid pattern");
            for character in '\0'..=char::MAX {
                let text = character.to_string();
                let is_accepted = !character.is_control() && !is_invisible(&text);
                assert_eq!(pattern.is_match(&text), is_accepted, "{character:?}");
            }
            assert!(pattern.is_match(" a\u{200b} "));
            assert_eq!(pattern.is_match("a\nb"), allowed.contains(&'\n'));
        }
    }

    #[test]
    fn the_schema_has_the_limits_of_the_kind() {
        let schema = |kind: &dyn Fn() -> Object| serde_json::to_value(kind()).expect("JSON");
        assert_eq!(
            schema(&|| RATING.schema()),
            json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": 2 })
        );
        let text = schema(&|| Text { max: 9, rows: 2 }.schema());
        assert_eq!(
            (&text["minLength"], &text["maxLength"]),
            (&json!(1), &json!(9))
        );
        let word = schema(&|| Optional(Choice(&[((), "a", "A"), ((), "b", "B")])).schema());
        assert_eq!(
            word,
            json!({ "type": ["string", "null"], "enum": ["a", "b"] })
        );
    }
}
