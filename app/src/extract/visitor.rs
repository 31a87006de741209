//! Extractors for the current visitor.

use salvo::extract::Metadata;
use salvo::{Depot, Extractible, Request};

use super::no_metadata;
use crate::auth::RequestSession;
use crate::config::SignInRequired;
use crate::current_user::CurrentUser;
use crate::response::Error;
use crate::state::AppState;

/// The visitor: a signed-in user or an anonymous visitor.
pub struct Visitor(RequestSession);

impl Visitor {
    /// The signed-in user, for content that is optional.
    pub fn user(&self) -> Option<&CurrentUser> {
        self.0.current_user()
    }

    /// The signed-in user, for decisions that depend on there being none.
    ///
    /// # Errors
    /// `Unavailable` when the session could not be read.
    pub fn signed_in(&self) -> Result<Option<CurrentUser>, Error> {
        self.0.user.clone().map_err(|cause| {
            let cause = anyhow::Error::new(cause);
            Error::Unavailable(cause.context("the session cannot be read"))
        })
    }

    /// Whether the visitor is known not to have signed in.
    pub fn is_anonymous(&self) -> bool {
        matches!(self.0.user, Ok(None))
    }

    /// Whether the visitor may send forms that write: they have signed in, or `SIGN_IN_REQUIRED` does not require it.
    pub fn may_write(&self, state: &AppState) -> bool {
        let sign_in = state.config.sign_in.as_ref();
        let is_open =
            sign_in.is_none_or(|sign_in| sign_in.settings.sign_in_required == SignInRequired::None);
        is_open || self.user().is_some()
    }

    /// The visitor of a request on which the middleware `load_session` has run.
    pub fn from_depot(depot: &Depot) -> Self {
        Self(
            depot
                .get_typed::<RequestSession>()
                .cloned()
                .unwrap_or_default(),
        )
    }
}

impl<'ex> Extractible<'ex> for Visitor {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(_: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        Ok(Self::from_depot(depot))
    }
}

/// The signed-in user, on routes with the middleware `require_user` or `require_role`.
impl<'ex> Extractible<'ex> for CurrentUser {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(_: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        Visitor::from_depot(depot)
            .signed_in()?
            .ok_or(Error::Forbidden("Sign in first."))
    }
}

/// Whether the visitor followed a link of this site or typed the address, according to `Sec-Fetch-Site`;
/// a prefetch does not count.
pub struct SameOriginNavigation(pub bool);

impl<'ex> Extractible<'ex> for SameOriginNavigation {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(request: &'ex mut Request, _: &'ex mut Depot) -> Result<Self, Error> {
        let headers = request.headers();
        let site = headers.get("sec-fetch-site");
        let is_from_here = site.is_some_and(|site| site == "same-origin" || site == "none");
        Ok(Self(is_from_here && !headers.contains_key("sec-purpose")))
    }
}
