//! An error as a page with recovery links, or as problem details (RFC 9457) for a program.

use salvo::http::StatusCode;
use salvo::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use salvo::{Depot, Request, Response, Scribe as _};
use serde::Serialize;

use super::rejection::InvalidPart;
use super::sent_form::SentForm;
use crate::response::{Page, View};

/// An error as the visitor sees it.
#[derive(Default, Serialize)]
pub(super) struct ErrorPage<'a> {
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) message: String,
    pub(super) reference: String,
    pub(super) recovery_links: Vec<RecoveryLink>,
    /// The same page again, if the error is transient.
    pub(super) retry_path: Option<String>,
    /// Where to sign in, for a form that requires it.
    pub(super) sign_in_path: Option<String>,
    /// The form that was sent.
    pub(super) form: Option<SentForm>,
    /// Whether the form can be sent again as it is.
    pub(super) may_resend: bool,
    /// For a program: the parts of its request that are not valid.
    pub(super) errors: &'a [InvalidPart],
}

/// A link of an error page to a page that works.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecoveryLink {
    pub path: &'static str,
    pub label: &'static str,
}

/// Status, texts and links of an error that a part of the site defines itself.
#[derive(Debug)]
pub struct ErrorDetails {
    pub status: StatusCode,
    pub title: &'static str,
    pub message: String,
    pub recovery_links: Vec<RecoveryLink>,
    /// The cause, for the log only.
    pub reason: String,
}

impl RecoveryLink {
    /// The home page.
    pub const START: Self = Self {
        path: "/",
        label: "Go to the home page",
    };
}

impl View for ErrorPage<'_> {
    const TEMPLATE: &'static str = "error.html";

    fn title(&self) -> String {
        self.title.to_owned()
    }
}

impl ErrorPage<'_> {
    /// Writes the error as a page, or as problem details to a program that accepts JSON.
    pub(super) fn write(self, request: &Request, depot: &Depot, response: &mut Response) {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if wants_json(request) {
            self.write_problem(status, response);
        } else if let Err(cause) = Page::with_status(self, status).render(request, depot, response)
        {
            tracing::error!(%cause, "failed to render the error page");
            response.status_code(status);
            salvo::writing::Text::Plain("Something went wrong. Try again later.").render(response);
        }
    }

    /// Writes problem details (RFC 9457).
    fn write_problem(self, status: StatusCode, response: &mut Response) {
        let mut problem = serde_json::json!({
            "type": "about:blank",
            // The title of this type (RFC 9457, section 4.2.1).
            "title": status.canonical_reason().unwrap_or(self.title),
            "status": self.status,
            "detail": self.message,
            "reference": self.reference,
        });
        if !self.errors.is_empty() {
            problem["errors"] = serde_json::json!(self.errors);
        }
        response.status_code(status);
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response.body(problem.to_string());
    }
}

/// Whether the client is a program that expects JSON, and not a browser.
pub fn wants_json(request: &Request) -> bool {
    let is_fetch = request.headers().contains_key("sec-fetch-mode")
        && !header_contains(request, "sec-fetch-mode", "navigate");
    is_api(request) || is_fetch || quality(request, "json") > quality(request, "text/html")
}

/// Whether the request is for an operation of the API: its documentation is pages.
pub(super) fn is_api(request: &Request) -> bool {
    let path = request.uri().path();
    let is_below = |parent: &str| {
        let rest = path.strip_prefix(parent);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_below("/api") && !is_below("/api/docs")
}

/// The quality value of a media type in `Accept`, from 0 to 1 (RFC 9110, section 12.5.1); wildcards are ignored.
fn quality(request: &Request, kind: &str) -> f32 {
    let values = request.headers().get_all(ACCEPT).iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges
        .map(str::to_ascii_lowercase)
        .filter(|range| range.contains(kind))
        .map(|range| match range.split_once("q=") {
            Some((_, value)) => value.trim().parse().unwrap_or(0.0),
            None => 1.0,
        })
        .fold(0.0, f32::max)
}

fn header_contains(request: &Request, name: &str, text: &str) -> bool {
    let values = request.headers().get_all(name);
    values
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains(text)))
}

/// The error page in tests.
#[cfg(test)]
pub(crate) fn samples() -> Vec<crate::response::samples::Sample> {
    use super::sent_form::sample;
    use crate::response::samples::{HOSTILE, render_sample};

    let page = |recovery_links| ErrorPage {
        status: 404,
        title: "Page not found",
        message: HOSTILE.to_owned(),
        reference: "0123".to_owned(),
        recovery_links,
        ..ErrorPage::default()
    };
    let form = |may_resend: bool| ErrorPage {
        form: Some(sample(HOSTILE)),
        sign_in_path: may_resend.then(|| "/auth/login?next=%2F".to_owned()),
        retry_path: Some("/".to_owned()),
        may_resend,
        ..page(vec![RecoveryLink::START])
    };
    vec![
        render_sample(&page(Vec::new())),
        render_sample(&page(vec![RecoveryLink::START; 2])),
        render_sample(&form(true)),
        render_sample(&form(false)),
    ]
}
