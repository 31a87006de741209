//! The arguments of handlers: each is filled from the request, or the request fails as one [`Error`].

#![expect(
    refining_impl_trait_reachable,
    reason = "each extractor fails as the one error, and says so"
)]

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use salvo::extract::Metadata;
use salvo::http::header::CONTENT_LENGTH;
use salvo::http::{ParseError, StatusCode};
use salvo::{Depot, Extractible, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::HttpConfig;
use crate::error::Error;
use crate::state::AppState;

/// More fields than any form here has, and few enough to be read at no cost.
const FIELD_LIMIT: usize = 100;

impl<'ex> Extractible<'ex> for AppState {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(_: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        state(depot).cloned()
    }
}

/// The state that the service was built with.
///
/// # Errors
/// Never in a service made by `router::service`.
pub fn state(depot: &Depot) -> Result<&AppState, Error> {
    depot
        .get_typed::<AppState>()
        .map_err(|_| Error::Unexpected(anyhow::anyhow!("the application state is missing")))
}

/// A row's id in the path: 1 to 2,147,483,647, written without sign or leading zero; else 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub i32);

impl Id {
    fn parse(text: &str) -> Option<Self> {
        let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| canonical).map(Self)
    }
}

impl<'ex> Extractible<'ex> for Id {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        Self::extract_with_arg(request, depot, "id").await
    }

    /// The argument's name is the path parameter's: `id: Id` reads `{id}`.
    async fn extract_with_arg(
        request: &'ex mut Request,
        _: &'ex mut Depot,
        name: &str,
    ) -> Result<Self, Error> {
        // A digit written as %31 is another address for the same row: one is enough.
        let encoded = request.uri().path().contains('%');
        let segment = request.params().get(name).filter(|_| !encoded);
        segment
            .and_then(|text| Self::parse(text))
            .ok_or(Error::NotFound)
    }
}

/// The query's parameters; unknown ones are passed over.
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
        let urlencoded = request
            .content_type()
            .is_some_and(|kind| kind.essence_str() == "application/x-www-form-urlencoded");
        if !urlencoded {
            return Err(Error::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = read_body(request, &state(depot)?.config.http).await?;
        parse_fields(body).map(Self)
    }
}

/// The request's body, read once and kept.
///
/// # Errors
/// When it is larger than `FORM_BODY_LIMIT`, takes longer than `REQUEST_BODY_TIMEOUT`, or breaks off.
pub async fn read_body<'a>(request: &'a mut Request, http: &HttpConfig) -> Result<&'a [u8], Error> {
    if declared_length(request).is_some_and(|length| length > http.form_body_limit) {
        return Err(Error::Refused(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let body = request.payload_with_max_size(http.form_body_limit);
    match tokio::time::timeout(http.request_body_timeout, body).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(ParseError::PayloadTooLarge)) => Err(Error::Refused(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Err(_)) => Err(Error::BadRequest("The form did not arrive whole.")),
        Err(_) => Err(Error::Refused(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// The body's length in bytes as announced, so that it need not be read to be too large.
fn declared_length(request: &Request) -> Option<usize> {
    let length = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    Some(length.parse().unwrap_or(usize::MAX))
}

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

fn parse_fields<T: DeserializeOwned>(encoded: &[u8]) -> Result<T, Error> {
    if encoded.split(|byte| *byte == b'&').count() > FIELD_LIMIT {
        return Err(Error::BadRequest("The form has too many fields."));
    }
    // The parser below would replace what is not UTF-8 without a word.
    if percent_decode(encoded).decode_utf8().is_err() {
        return Err(Error::BadRequest("The text is not valid UTF-8."));
    }
    serde_urlencoded::from_bytes(encoded).map_err(|_| {
        Error::BadRequest("A field was sent more than once, or in a form that is not expected.")
    })
}

fn no_metadata() -> &'static Metadata {
    static METADATA: Metadata = Metadata::new("");
    &METADATA
}
