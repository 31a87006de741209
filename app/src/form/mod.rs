//! Form fields: the parser, the hint, the page's control and the error message follow from one description.

mod json;
mod view;

pub use json::{JsonField, JsonKind};
pub use view::{ChoiceOption, Control, FieldView, FormView};

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use time::Date;

use crate::form_key;
use crate::text::{ValueError, parse_date, parse_integer, parse_line, parse_text};

/// A form field.
#[derive(Clone, Copy, Debug)]
pub struct Field<K> {
    /// Name in the request.
    pub name: &'static str,
    pub label: &'static str,
    /// The message when nothing was typed: "Enter a street address".
    pub missing: &'static str,
    /// Advice after the limits; may be empty.
    pub hint: &'static str,
    pub kind: K,
}

/// What a field accepts, and the control that it is on a page.
pub trait Kind: Sync {
    type Value;

    /// # Errors
    /// When the value is missing or not valid.
    fn parse(&self, typed: &str) -> Result<Self::Value, ValueError>;

    fn control(&self) -> Control;

    /// The limits in words.
    fn limits(&self) -> String {
        String::new()
    }

    fn is_required(&self) -> bool {
        true
    }
}

/// One line of text.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub max: usize,
    /// The HTML attribute `autocomplete`.
    pub autocomplete: &'static str,
}

/// Text of several lines.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    pub max: usize,
    pub rows: u8,
}

/// A whole number.
#[derive(Clone, Copy, Debug)]
pub struct Integer {
    pub min: i32,
    pub max: i32,
}

/// A date of the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub min: Date,
    pub max: Date,
}

/// One of several options: its value, its name in the request, and its label.
#[derive(Clone, Copy, Debug)]
pub struct Choice<T: 'static>(pub &'static [(T, &'static str, &'static str)]);

/// A field that may be left empty.
#[derive(Clone, Copy, Debug)]
pub struct Optional<K>(pub K);

impl Kind for Line {
    type Value = String;

    fn parse(&self, typed: &str) -> Result<String, ValueError> {
        parse_line(typed, self.max)
    }

    fn control(&self) -> Control {
        Control::Text {
            autocomplete: self.autocomplete,
        }
    }

    fn limits(&self) -> String {
        format!("Up to {} characters.", self.max)
    }
}

impl Kind for Text {
    type Value = String;

    fn parse(&self, typed: &str) -> Result<String, ValueError> {
        parse_text(typed, self.max)
    }

    fn control(&self) -> Control {
        Control::TextArea { rows: self.rows }
    }

    fn limits(&self) -> String {
        format!("Up to {} characters.", self.max)
    }
}

impl Kind for Integer {
    type Value = i32;

    fn parse(&self, typed: &str) -> Result<i32, ValueError> {
        parse_integer(typed, self.min, self.max)
    }

    fn control(&self) -> Control {
        Control::Number {
            min: self.min,
            max: self.max,
        }
    }

    fn limits(&self) -> String {
        format!("{} to {}.", self.min, self.max)
    }
}

impl Kind for Day {
    type Value = Date;

    fn parse(&self, typed: &str) -> Result<Date, ValueError> {
        parse_date(typed, self.min, self.max)
    }

    fn control(&self) -> Control {
        Control::Date {
            min: self.min.to_string(),
            max: self.max.to_string(),
        }
    }
}

impl<T: Copy + Sync> Kind for Choice<T> {
    type Value = T;

    fn parse(&self, typed: &str) -> Result<T, ValueError> {
        let option = self.0.iter().find(|(_, name, _)| *name == typed);
        option.map(|(value, ..)| *value).ok_or(ValueError::Missing)
    }

    fn control(&self) -> Control {
        let options = self.0.iter();
        Control::Choice {
            options: options
                .map(|(_, value, label)| ChoiceOption { value, label })
                .collect(),
        }
    }
}

impl<K: Kind> Kind for Optional<K> {
    type Value = Option<K::Value>;

    fn parse(&self, typed: &str) -> Result<Self::Value, ValueError> {
        match self.0.parse(typed) {
            Err(ValueError::Missing) if typed.trim().is_empty() => Ok(None),
            parsed => parsed.map(Some),
        }
    }

    fn control(&self) -> Control {
        self.0.control()
    }

    fn limits(&self) -> String {
        format!("Optional. {}", self.0.limits())
    }

    fn is_required(&self) -> bool {
        false
    }
}

impl<K: Kind> Field<K> {
    /// Parses a typed value.
    ///
    /// # Errors
    /// The message beside the field.
    pub fn parse(&self, typed: &str) -> Result<K::Value, String> {
        let parsed = self.kind.parse(typed);
        parsed.map_err(|error| self.message(error))
    }

    fn message(&self, error: ValueError) -> String {
        match error {
            ValueError::Missing => self.missing.to_owned(),
            ValueError::Invalid(predicate) => format!("{} {predicate}", self.label),
        }
    }
}

/// A field of any kind.
pub trait AnyField: JsonField + Sync {
    /// The field on a page, with its typed value and its error message.
    fn view(&self, values: &FormValues, errors: &FieldErrors) -> FieldView;
}

/// The fields of a form in the order of the page.
pub type Fields = [&'static dyn AnyField];

/// A form as it was typed: values by field name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormValues(BTreeMap<String, String>);

impl FormValues {
    /// The typed value; empty when the field was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The values of the object's members that are fields, and a message for each that has another type.
    pub fn from_json(fields: &Fields, members: &Map<String, Value>) -> (Self, FieldErrors) {
        let (mut values, mut errors) = (Self::default(), FieldErrors::default());
        for field in fields {
            let Some(value) = members.get(field.name()) else {
                continue;
            };
            match field.read(value) {
                Ok(text) => drop(values.0.insert(field.name().to_owned(), text)),
                Err(message) => drop(errors.0.insert(field.name(), message)),
            }
        }
        (values, errors)
    }

    /// Whether the field was sent.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn submission_key(&self) -> &str {
        self.get(form_key::FIELD)
    }
}

impl<const N: usize> From<[(&str, String); N]> for FormValues {
    fn from(values: [(&str, String); N]) -> Self {
        let values = values.into_iter();
        Self(
            values
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }
}

impl<'de> Deserialize<'de> for FormValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = FormValues;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("form fields")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<FormValues, M::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if values.insert(name, value).is_some() {
                        return Err(M::Error::custom("duplicate field"));
                    }
                }
                Ok(FormValues(values))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// Error messages by field name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(BTreeMap<&'static str, String>);

impl FieldErrors {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the fields and their messages.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let errors = self.0.iter();
        errors.map(|(name, message)| (*name, message.as_str()))
    }

    /// Adds the message of a field.
    pub fn insert(&mut self, name: &'static str, message: impl Into<String>) {
        self.0.insert(name, message.into());
    }

    /// These errors, and for other fields those of `other`.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (name, message) in other.0 {
            self.0.entry(name).or_insert(message);
        }
        self
    }

    /// Parses a field. Adds the message if its value is not valid.
    pub fn check<K: Kind>(&mut self, field: &Field<K>, values: &FormValues) -> Option<K::Value> {
        match field.parse(values.get(field.name)) {
            Ok(value) => Some(value),
            Err(message) => {
                self.0.insert(field.name, message);
                None
            }
        }
    }
}
