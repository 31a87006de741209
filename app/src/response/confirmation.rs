//! The confirmation page before something is deleted: a form with one button, and a link to cancel.

use serde::Serialize;

use super::page::View;

/// A question with a button that confirms.
#[derive(Debug, Serialize)]
pub struct Confirmation {
    /// The title and heading: "Delete this review?"
    pub question: &'static str,
    /// What would be deleted: a label and a value on each line.
    pub facts: Vec<(&'static str, String)>,
    pub consequence: &'static str,
    /// Where the form is sent.
    pub action: String,
    pub button: &'static str,
    /// Where "Cancel" leads.
    pub cancel: String,
}

impl View for Confirmation {
    const TEMPLATE: &'static str = "confirmation.html";

    fn title(&self) -> String {
        self.question.trim_end_matches('?').to_owned()
    }
}

/// The page in tests.
#[cfg(test)]
pub(crate) fn samples() -> Vec<crate::response::samples::Sample> {
    use crate::response::samples::{HOSTILE, render_sample};

    vec![render_sample(&Confirmation {
        question: "Delete this?",
        facts: vec![("Name", HOSTILE.to_owned())],
        consequence: "This cannot be undone.",
        action: "/7/delete".to_owned(),
        button: "Delete",
        cancel: "/7".to_owned(),
    })]
}
