//! What the provider sends the browser back with.

use salvo::extract::Metadata;
use salvo::{Depot, Extractible, Request};
use serde::Deserialize;

use super::error::SignInError;
use super::oauth_error::summary;
use crate::extract::{Query, no_metadata};
use crate::response::Error;

/// The parameters of an authorization response (RFC 6749, 4.1.2; RFC 9207).
pub(super) struct Callback {
    /// Never empty.
    pub(super) state: String,
    pub(super) code: String,
    /// What the provider sent instead of a code.
    pub(super) error: Option<SignInError>,
    pub(super) issuer: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: String,
    iss: Option<String>,
}

impl TryFrom<Parameters> for Callback {
    type Error = SignInError;

    fn try_from(parameters: Parameters) -> Result<Self, SignInError> {
        let Parameters {
            state,
            code,
            error,
            error_description,
            iss: issuer,
        } = parameters;
        if state.is_none() && code.is_none() && error.is_none() {
            return Err(SignInError::NoParameters);
        }
        let state = state.filter(|state| !state.is_empty());
        Ok(Self {
            state: state.ok_or(SignInError::Unknown("it has no state"))?,
            code: code.unwrap_or_default(),
            error: error.map(|error| refusal(&error, &error_description)),
            issuer,
        })
    }
}

fn refusal(error: &str, description: &str) -> SignInError {
    match error {
        "access_denied" => SignInError::Denied,
        _ => SignInError::Refused(summary(error, Some(description))),
    }
}

impl<'ex> Extractible<'ex> for Callback {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    #[expect(
        refining_impl_trait,
        reason = "each extractor fails as the one error, and says so"
    )]
    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let parameters = Query::<Parameters>::extract(request, depot).await;
        let parameters = parameters
            .map_err(|_| SignInError::Unknown("a parameter stands twice, or is not text"))?;
        Ok(Self::try_from(parameters.0)?)
    }
}
