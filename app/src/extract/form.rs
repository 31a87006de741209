//! Extractors for the query and for forms; malformed or duplicate fields are rejected.

use percent_encoding::percent_decode;
use salvo::extract::Metadata;
use salvo::http::header::CONTENT_LENGTH;
use salvo::http::{ParseError, StatusCode};
use salvo::{Depot, Extractible, Request};
use serde::de::DeserializeOwned;

use super::{no_metadata, state};
use crate::config::HttpConfig;
use crate::response::{Error, is_urlencoded};

/// More than the fields of any form of the site.
const FIELD_LIMIT: usize = 100;

/// The parameters of the query; unknown ones are ignored.
pub struct Query<T>(pub T);

impl<'ex, T: DeserializeOwned + Send> Extractible<'ex> for Query<T> {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, _: &'ex mut Depot) -> Result<Self, Error> {
        let query = request.uri().query().unwrap_or_default();
        parse_fields(query.as_bytes()).map(Self)
    }
}

/// A submitted form, as it was typed.
pub struct Form<T>(pub T);

impl<'ex, T: DeserializeOwned + Send> Extractible<'ex> for Form<T> {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        if !is_urlencoded(request) {
            return Err(Error::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = read_body(request, &state(depot)?.config.http).await?;
        parse_fields(body).map(Self)
    }
}

/// The body of the request, which is read once and kept.
///
/// # Errors
/// When it is larger than `FORM_BODY_LIMIT`, takes longer than `REQUEST_BODY_TIMEOUT`, or is incomplete.
pub async fn read_body<'a>(request: &'a mut Request, http: &HttpConfig) -> Result<&'a [u8], Error> {
    if declared_length(request).is_some_and(|length| length > http.form_body_limit) {
        return Err(Error::Status(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let body = request.payload_with_max_size(http.form_body_limit);
    match tokio::time::timeout(http.request_body_timeout, body).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(ParseError::PayloadTooLarge)) => Err(Error::Status(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Err(_)) => Err(Error::BadRequest("The form did not arrive completely.")),
        Err(_) => Err(Error::Status(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// The `Content-Length`, by which a body that is too large is rejected before it is read.
fn declared_length(request: &Request) -> Option<usize> {
    let length = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    Some(length.parse().unwrap_or(usize::MAX))
}

fn parse_fields<T: DeserializeOwned>(encoded: &[u8]) -> Result<T, Error> {
    if encoded.split(|byte| *byte == b'&').count() > FIELD_LIMIT {
        return Err(Error::BadRequest("The form has too many fields."));
    }
    // The parser below would silently replace invalid UTF-8.
    if percent_decode(encoded).decode_utf8().is_err() {
        return Err(Error::BadRequest("The text is not valid UTF-8."));
    }
    serde_urlencoded::from_bytes(encoded).map_err(|_| {
        Error::BadRequest("A field was sent more than once, or in an unexpected format.")
    })
}
