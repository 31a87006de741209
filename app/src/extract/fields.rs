//! Messages beside a form's fields.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is wrong with a form: a message for each bad field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(BTreeMap<&'static str, String>);

impl FieldErrors {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn insert(&mut self, field: &'static str, message: String) {
        self.0.insert(field, message);
    }

    /// Keeps the value of a good field and the message of a bad one.
    pub fn check<T>(&mut self, field: &'static str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|message| self.insert(field, message)).ok()
    }
}
