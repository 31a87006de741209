//! Forms on a page.

use serde::Serialize;

use super::{AnyField, Field, FieldErrors, Fields, FormValues, JsonKind};
use crate::form_key;

impl<K: JsonKind> AnyField for Field<K> {
    fn view(&self, values: &FormValues, errors: &FieldErrors) -> FieldView {
        let hint = [self.kind.limits().as_str(), self.hint].join(" ");
        FieldView {
            name: self.name,
            label: self.label,
            hint: hint.trim().to_owned(),
            is_required: self.kind.is_required(),
            value: values.get(self.name).to_owned(),
            error: errors.0.get(self.name).cloned(),
            control: self.kind.control(),
        }
    }
}

/// A form on a page: `components.html` has `form_fields` and `error_summary` for it.
#[derive(Debug, Serialize)]
pub struct FormView {
    submission_key: String,
    has_errors: bool,
    fields: Vec<FieldView>,
}

impl FormView {
    /// An empty form with a new submission key.
    pub fn new(fields: &Fields) -> Self {
        let key = FormValues::from([(form_key::FIELD, form_key::new_key())]);
        Self::filled(fields, &key)
    }

    /// A form with values.
    pub fn filled(fields: &Fields, values: &FormValues) -> Self {
        Self::refused(fields, values, &FieldErrors::default())
    }

    /// A form as it was typed, with its error messages.
    pub fn refused(fields: &Fields, values: &FormValues, errors: &FieldErrors) -> Self {
        Self {
            submission_key: values.submission_key().to_owned(),
            has_errors: !errors.0.is_empty(),
            fields: fields
                .iter()
                .map(|field| field.view(values, errors))
                .collect(),
        }
    }
}

/// A field on a page.
#[derive(Debug, Serialize)]
pub struct FieldView {
    name: &'static str,
    label: &'static str,
    hint: String,
    is_required: bool,
    value: String,
    error: Option<String>,
    #[serde(flatten)]
    control: Control,
}

/// The HTML control of a field.
#[derive(Debug, Serialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    Text { autocomplete: &'static str },
    TextArea { rows: u8 },
    Number { min: i32, max: i32 },
    Date { min: String, max: String },
    Choice { options: Vec<ChoiceOption> },
}

/// An option of a choice.
#[derive(Debug, Serialize)]
pub struct ChoiceOption {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
}
