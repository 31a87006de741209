//! An error as a page with a way on, or as a problem for programs.

use salvo::http::StatusCode;
use salvo::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use salvo::{Depot, Request, Response, Scribe as _};
use serde::Serialize;

use crate::response::{Page, View};

/// An error as a visitor sees it.
#[derive(Serialize)]
pub(super) struct ErrorPage {
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) message: String,
    pub(super) reference: String,
    pub(super) recovery_links: Vec<RecoveryLink>,
}

/// A link from an error page to somewhere that works.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecoveryLink {
    pub path: &'static str,
    pub label: &'static str,
}

/// What a part of the site says of its own errors.
#[derive(Debug)]
pub struct ErrorDetails {
    pub status: StatusCode,
    pub title: &'static str,
    pub message: String,
    pub recovery_links: Vec<RecoveryLink>,
    /// For the log.
    pub reason: String,
}

impl RecoveryLink {
    /// Home.
    pub const START: Self = Self {
        path: "/",
        label: "Go to the start page",
    };
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    fn title(&self) -> String {
        self.title.to_owned()
    }
}

impl ErrorPage {
    /// As a page, or as a problem to a program that asked for JSON.
    pub(super) fn answer(self, request: &Request, depot: &Depot, response: &mut Response) {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if wants_json(request) {
            self.answer_problem(status, response);
        } else if let Err(cause) = Page::with_status(self, status).render(request, depot, response)
        {
            tracing::error!(%cause, "the error page cannot be rendered");
            response.status_code(status);
            salvo::writing::Text::Plain("Something went wrong. Please try again later.")
                .render(response);
        }
    }

    /// RFC 9457.
    fn answer_problem(self, status: StatusCode, response: &mut Response) {
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "reference": self.reference,
        });
        response.status_code(status);
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response.body(problem.to_string());
    }
}

/// Whether the client is a program that expects JSON rather than a person with a page.
pub fn wants_json(request: &Request) -> bool {
    let path = request.uri().path();
    let is_api = path == "/api" || path.starts_with("/api/");
    let is_fetch = request.headers().contains_key("sec-fetch-mode")
        && !header_contains(request, "sec-fetch-mode", "navigate");
    is_api || is_fetch || weight(request, "json") > weight(request, "text/html")
}

/// How welcome an answer of this kind is, from 0 to 1 (RFC 9110, 12.5.1); wildcards say nothing of it.
fn weight(request: &Request, kind: &str) -> f32 {
    let values = request.headers().get_all(ACCEPT).iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges
        .map(str::to_ascii_lowercase)
        .filter(|range| range.contains(kind))
        .map(|range| match range.split_once("q=") {
            Some((_, weight)) => weight.trim().parse().unwrap_or(0.0),
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
