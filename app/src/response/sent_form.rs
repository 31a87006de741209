//! The form of a failed request, which the error page shows and sends again: nothing that was typed is lost.

use salvo::http::header::CONTENT_TYPE;
use salvo::{Depot, Request};
use serde::Serialize;
use url::form_urlencoded;

use crate::{form_key, version};

/// Marks a request whose body has been read, so that an error page can show it without waiting for it.
#[derive(Clone, Copy, Debug)]
pub struct BodyReceived;

/// A form as it was sent.
#[derive(Debug, Serialize)]
pub(super) struct SentForm {
    /// The local path that it was sent to.
    action: String,
    fields: Vec<SentField>,
    /// Whether a field has text to be shown.
    has_text: bool,
}

#[derive(Debug, Serialize)]
struct SentField {
    name: String,
    value: String,
    /// The name in words; `None` for a field that the visitor did not fill in.
    label: Option<String>,
}

/// Whether the request has the content type of an HTML form without files.
pub fn is_urlencoded(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    let kind = content_type.and_then(|value| value.to_str().ok()?.split(';').next());
    kind.is_some_and(|kind| {
        kind.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

impl SentForm {
    /// The form of this request; `None` where it is none, or its body has not been read.
    pub(super) async fn of(request: &mut Request, depot: &Depot) -> Option<Self> {
        depot.get_typed::<BodyReceived>().ok()?;
        let action = request.uri().path().to_owned();
        if request.method().is_safe() || !is_urlencoded(request) || action.starts_with("//") {
            return None;
        }
        let body = request.payload().await.ok()?;
        Some(Self::parse(action, body))
    }

    fn parse(action: String, body: &[u8]) -> Self {
        let fields: Vec<_> = form_urlencoded::parse(body)
            .map(|(name, value)| SentField {
                label: label(&name).filter(|_| !value.trim().is_empty()),
                name: name.into_owned(),
                value: value.into_owned(),
            })
            .collect();
        Self {
            action,
            has_text: fields.iter().any(|field| field.label.is_some()),
            fields,
        }
    }
}

/// `review_text` as "Review text".
fn label(name: &str) -> Option<String> {
    let is_typed = ![form_key::FIELD, version::FIELD].contains(&name);
    let mut letters = name.chars().filter(|_| is_typed);
    let first = letters.next()?.to_uppercase();
    Some(first.chain(letters).collect::<String>().replace('_', " "))
}

#[cfg(test)]
pub(super) fn sample(text: &str) -> SentForm {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("review_text", text)
        .append_pair(form_key::FIELD, "0123")
        .finish();
    SentForm::parse("/form".to_owned(), body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_fields_are_sent_again_and_not_shown() {
        let body = format!("{}=0123&{}=4567&name=", form_key::FIELD, version::FIELD);
        let form = SentForm::parse("/form".to_owned(), body.as_bytes());
        assert_eq!(form.fields.len(), 3);
        assert!(!form.has_text);
        assert!(form.fields.iter().all(|field| field.label.is_none()));
        let shown = SentForm::parse("/form".to_owned(), b"review_text=Good");
        assert_eq!(shown.fields[0].label.as_deref(), Some("Review text"));
    }
}
