//! How an error is answered: status, headers, words, and the one line of the log.

use std::time::Duration;

use salvo::http::StatusCode;
use salvo::http::header::{CACHE_CONTROL, CONNECTION, HeaderValue, LOCATION, RETRY_AFTER};
use salvo::{Depot, Request, Response, Writer, async_trait};

use super::Error;
use super::page::{ErrorPage, WayOn, wants_json};
use crate::telemetry::RequestId;

/// When a client should try again after a 503.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);

#[async_trait]
impl Writer for Error {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        self.log();
        match self.sign_in_address().filter(|_| !wants_json(request)) {
            Some(address) => {
                response.headers_mut().insert(LOCATION, address);
                response.status_code(StatusCode::SEE_OTHER);
            }
            None => self.page(depot).answer(request, depot, response),
        }
        self.add_headers(response);
    }
}

impl Error {
    fn page(&self, depot: &Depot) -> ErrorPage {
        let reference = depot.get_typed::<RequestId>().map(RequestId::to_string);
        ErrorPage {
            status: self.status().as_u16(),
            title: self.title(),
            message: self.message(),
            reference: reference.unwrap_or_default(),
            ways_on: match self {
                Self::Explained(explanation) => explanation.ways_on.clone(),
                _ => vec![WayOn::START],
            },
        }
    }

    fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after() {
            // Whole seconds, and never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if matches!(
            self.status(),
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            // The rest of the body stays unread.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Where a browser goes to sign in, and comes back from.
    fn sign_in_address(&self) -> Option<HeaderValue> {
        let Self::SignInRequired { return_to } = self else {
            return None;
        };
        let next: String = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        HeaderValue::from_str(&format!("/auth/login?next={next}")).ok()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Refused(status) => *status,
            Self::SignInRequired { .. } => StatusCode::UNAUTHORIZED,
            Self::Explained(explanation) => explanation.status,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(wait) => Some(*wait),
            Self::Unavailable(_) => Some(UNAVAILABLE_RETRY),
            _ => None,
        }
    }

    /// One line with the reason, and for a fault, which is ours to mend, with the whole cause; nothing
    /// of it is for the visitor. The line of the request says enough of an address that does not exist.
    fn log(&self) {
        match self {
            Self::Unexpected(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "a request failed");
            }
            Self::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "a request was put off");
            }
            Self::Explained(explanation) => {
                tracing::warn!(reason = explanation.reason, "a request was refused");
            }
            Self::NotFound | Self::Refused(_) => {}
            _ => tracing::info!(reason = %self, "a request was refused"),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Explained(explanation) => explanation.title,
            _ => self.status().canonical_reason().unwrap_or("Error"),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound => "There is nothing at this address. It may have been moved or taken away.",
            Self::BadRequest(reason) | Self::Forbidden(reason) => reason,
            Self::Refused(status) => refusal(*status),
            Self::SignInRequired { .. } => "Please sign in first.",
            Self::Explained(explanation) => return explanation.message.clone(),
            Self::TooManyRequests(_) => "Too much has been sent from your address. Please wait a moment and try again.",
            Self::Unavailable(_) => "The site cannot answer right now. Please try again in a few seconds; what you sent was not lost if you go back.",
            Self::Unexpected(_) => "Something went wrong on our side. It has been noted; please try again later.",
        }
        .to_owned()
    }
}

fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take that kind of request.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive.",
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "What was sent is too large."
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "A form is expected here (application/x-www-form-urlencoded)."
        }
        _ => "The request was refused.",
    }
}
