//! An error as a page with a way on, or as a problem for programs.

use salvo::http::StatusCode;
use salvo::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use salvo::{Depot, Request, Response, Scribe as _};
use serde::Serialize;

use crate::page::{Page, View};

/// An error as a visitor sees it.
#[derive(Serialize)]
pub(super) struct ErrorPage {
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) message: String,
    pub(super) reference: String,
    pub(super) ways_on: Vec<WayOn>,
}

/// A link from an error page to somewhere that works.
#[derive(Serialize)]
pub(super) struct WayOn {
    path: &'static str,
    label: &'static str,
}

impl WayOn {
    pub(super) const START: Self = Self {
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

/// Whether the client is a program that asked for JSON rather than a page.
pub fn wants_json(request: &Request) -> bool {
    let accepts = |kind: &str| {
        request
            .headers()
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.contains(kind))
    };
    let path = request.uri().path();
    path == "/api" || path.starts_with("/api/") || (accepts("json") && !accepts("text/html"))
}
