//! The arguments of handlers: each is filled from the request, or the request fails as one [`Error`].

#![expect(
    refining_impl_trait_reachable,
    reason = "each extractor fails as the one error, and says so"
)]

mod form;
mod reader;
mod visitor;

pub use form::{Form, Query, read_body};
pub use reader::{BYPASS_COOKIE, DataAt, Reader, ReplicaLag, may_be_shared};
pub use visitor::{SameOriginNavigation, Visitor};

use salvo::extract::Metadata;
use salvo::{Depot, Extractible, Request};

use crate::response::Error;
use crate::state::AppState;

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
        // An encoded digit (%31) would be a second address of the same row.
        let encoded = request.uri().path().contains('%');
        let segment = request.params().get(name).filter(|_| !encoded);
        segment
            .and_then(|text| Self::parse(text))
            .ok_or(Error::NotFound)
    }
}

/// Empty metadata: Salvo needs none for these arguments.
pub fn no_metadata() -> &'static Metadata {
    static METADATA: Metadata = Metadata::new("");
    &METADATA
}
