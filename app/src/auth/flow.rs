//! What sign-in's handlers take and give: the flow a request belongs to, and a redirect with cookies.

use std::sync::Arc;

use cookie::Cookie;
use salvo::extract::Metadata;
use salvo::http::StatusCode;
use salvo::http::header::{HeaderValue, LOCATION};
use salvo::{Depot, Extractible, Request, Response, Writer, async_trait};
use tower_sessions_core::session::Id;

use super::cookies::Cookies;
use super::identify::SessionId;
use super::sign_in::SignIn;
use crate::extract::{no_metadata, state};
use crate::response::Error;

/// Sign-in, and what the request's cookies say of it.
pub(super) struct Flow {
    pub(super) sign_in: Arc<SignIn>,
    /// The session that the request came with, ended or not.
    pub(super) session: Option<Id>,
    /// What ties a sign-in to this browser.
    pub(super) browser: Option<String>,
    /// The start page's full address: where the provider sends the browser after a sign-out.
    pub(super) start_page: String,
    https: bool,
}

impl Flow {
    /// Makes the cookies of an answer.
    pub(super) fn cookies(&self) -> Cookies<'_> {
        Cookies {
            keyring: self.sign_in.keyring(),
            https: self.https,
        }
    }
}

impl<'ex> Extractible<'ex> for Flow {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    #[expect(
        refining_impl_trait,
        reason = "each extractor fails as the one error, and says so"
    )]
    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let sign_in = depot
            .get_typed::<Arc<SignIn>>()
            .map_err(|_| Error::not_configured())?
            .clone();
        let http = &state(depot)?.config.http;
        let base_url = http.base_url.as_ref();
        let https = base_url.is_some_and(crate::config::BaseUrl::is_https);
        let origin = base_url.map_or_else(
            || format!("http://localhost:{}", http.port),
            crate::config::BaseUrl::origin,
        );
        let browser = Cookies {
            keyring: sign_in.keyring(),
            https,
        }
        .browser(request);
        let session = depot.get_typed::<SessionId>().ok().and_then(|id| id.0);
        Ok(Self {
            sign_in,
            session,
            browser,
            start_page: format!("{origin}/"),
            https,
        })
    }
}

/// 303 to another address, with cookies.
pub(super) struct Redirection {
    location: String,
    cookies: Vec<Cookie<'static>>,
}

impl Redirection {
    pub(super) fn to(location: impl Into<String>) -> Self {
        Self {
            location: location.into(),
            cookies: Vec::new(),
        }
    }

    pub(super) fn with(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }
}

#[async_trait]
impl Writer for Redirection {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        match HeaderValue::from_str(&self.location) {
            Ok(location) => drop(response.headers_mut().insert(LOCATION, location)),
            Err(cause) => {
                return Error::Unexpected(cause.into())
                    .write(request, depot, response)
                    .await;
            }
        }
        for cookie in self.cookies {
            response.add_cookie(cookie);
        }
        response.status_code(StatusCode::SEE_OTHER);
    }
}
