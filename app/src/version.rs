//! Versions of rows, so that two writers do not overwrite each other (optimistic concurrency control).

use crate::form_key;

/// Name of the hidden form field.
pub const FIELD: &str = "version";

/// The version of a row: a hash of the values that a writer may change.
pub fn version(values: &[&str]) -> String {
    form_key::hash(values.iter().copied())
}

/// The versions of a row that a write may replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any version, as long as the row exists.
    Any,
    OneOf(Vec<String>),
}

impl Expected {
    /// The version in a form's hidden field; any where the field was not sent.
    pub fn from_field(value: &str) -> Self {
        match value {
            "" => Self::Any,
            version => Self::OneOf(vec![version.to_owned()]),
        }
    }

    pub fn includes(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.iter().any(|expected| expected == version),
        }
    }
}
