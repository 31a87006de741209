//! Extractors for the current visitor.

use salvo::extract::Metadata;
use salvo::{Depot, Extractible, Request};

use super::no_metadata;
use crate::config::SignInRequired;
use crate::current_user::CurrentUser;
use crate::response::Error;
use crate::state::AppState;

/// In the depot when the sessions could not be read, and why: who asks is then not known.
#[derive(Clone)]
pub struct SessionsUnavailable(pub String);

/// Whoever asks: signed in or not.
pub struct Visitor(Result<Option<CurrentUser>, SessionsUnavailable>);

impl Visitor {
    /// The signed-in person, for whom a page may show more.
    pub fn user(&self) -> Option<&CurrentUser> {
        self.0.as_ref().ok().and_then(Option::as_ref)
    }

    /// The signed-in person, where it matters that there is none.
    ///
    /// # Errors
    /// `Unavailable` when the sessions could not be read.
    pub fn signed_in(self) -> Result<Option<CurrentUser>, Error> {
        self.0.map_err(|SessionsUnavailable(cause)| {
            Error::Unavailable(anyhow::anyhow!("the session cannot be read: {cause}"))
        })
    }

    /// Whether the visitor may send forms that write: `SIGN_IN_REQUIRED` does not ask for a sign-in, or
    /// the visitor has signed in.
    pub fn may_write(&self, state: &AppState) -> bool {
        let sign_in = state.config.sign_in.as_ref();
        let open = sign_in.is_none_or(|sign_in| sign_in.required == SignInRequired::None);
        open || self.user().is_some()
    }

    /// Who asks, from what the hoops have left.
    pub fn from_depot(depot: &Depot) -> Self {
        if let Ok(unavailable) = depot.get_typed::<SessionsUnavailable>() {
            return Self(Err(unavailable.clone()));
        }
        Self(Ok(depot.get_typed::<CurrentUser>().ok().cloned()))
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

/// Whoever has signed in; a guard in front sees to it that somebody has.
impl<'ex> Extractible<'ex> for CurrentUser {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    async fn extract(_: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        Visitor::from_depot(depot)
            .signed_in()?
            .ok_or(Error::Forbidden("Please sign in first."))
    }
}

/// Whether the visitor followed a link of this site or typed the address, by what the browser says;
/// a page that it only fetches in advance nobody has asked for.
pub struct SentFromHere(pub bool);

impl<'ex> Extractible<'ex> for SentFromHere {
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
