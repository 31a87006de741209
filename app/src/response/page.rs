//! Pages: a typed view rendered inside the layout, and the outcome of a form.

use salvo::http::StatusCode;
use salvo::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use salvo::{Depot, Request, Response, Writer, async_trait};
use serde::Serialize;
use serde_json::Value;

use super::error::Error;
use super::notice::{self, Notice};
use super::structured_data;
use crate::SITE_NAME;
use crate::auth::RequestSession;
use crate::auth::return_address::{return_address_of, sign_in_path};
use crate::current_user::CurrentUser;
use crate::state::AppState;

/// The data of a template, one struct for each.
pub trait View: Serialize + Send {
    /// Path of the template below `templates/`.
    const TEMPLATE: &'static str;

    /// The page's title, without the site's name.
    fn title(&self) -> String;

    /// Path and query of the page's canonical address (RFC 6596). `None`: search engines are asked not to index the page.
    fn canonical_path(&self) -> Option<String> {
        None
    }

    /// A sentence for search results and previews of links.
    fn description(&self) -> Option<&str> {
        None
    }

    /// Structured data (schema.org) for search engines.
    fn structured_data(&self) -> Option<Value> {
        None
    }
}

/// A view with the status of its response.
pub struct Page<V> {
    view: V,
    status: StatusCode,
}

impl<V: View> Page<V> {
    pub fn new(view: V) -> Self {
        Self::with_status(view, StatusCode::OK)
    }

    pub fn with_status(view: V, status: StatusCode) -> Self {
        Self { view, status }
    }

    /// Renders the view into the response.
    ///
    /// # Errors
    /// When the template uses a variable that the view does not have.
    pub fn render(
        self,
        request: &Request,
        depot: &Depot,
        response: &mut Response,
    ) -> anyhow::Result<()> {
        let state = depot
            .get_typed::<AppState>()
            .map_err(|_| anyhow::anyhow!("the application state is missing"))?;
        let session = depot.get_typed::<RequestSession>().ok();
        let user = session.and_then(RequestSession::current_user);
        let notice = notice::take(request, response, state.config.http.is_https());
        let cache_control = match (user, notice) {
            // A page with a user's name must not be stored by any cache.
            (Some(_), _) => "no-store",
            (None, Some(_)) => "private, no-cache",
            (None, None) => "no-cache",
        };
        let layout = Layout {
            notice: notice.map(|notice| notice.text),
            ..Layout::new(&self, request, state, user)
        };
        let html = state.templates.render(V::TEMPLATE, &self.view, &layout)?;
        response.status_code(self.status);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
        response.body(html);
        Ok(())
    }
}

/// The outcome of a form.
pub enum FormOutcome<V> {
    /// Accepted: redirect to this local path with 303, so that a reload does not send the form again, and show a notice there.
    Saved(String, Notice),
    /// Invalid: the form as it was typed, with a message for each invalid field (422).
    Invalid(V),
    /// Another user has changed the row in the meantime: the form as it was typed, beside what is stored (409).
    Conflict(V),
}

/// The data of the layout.
#[derive(Serialize)]
struct Layout<'a> {
    site_name: &'static str,
    title: String,
    path: &'a str,
    /// Whether search engines may index the page.
    is_indexed: bool,
    /// The canonical address of an indexed page, where the public origin is known.
    canonical: Option<String>,
    /// The public origin, for the addresses of pictures.
    origin: String,
    description: Option<&'a str>,
    structured_data: Option<String>,
    notice: Option<&'static str>,
    current_user: Option<&'a CurrentUser>,
    /// `None` where sign-in is not configured.
    sign_in_path: Option<String>,
}

impl<'a> Layout<'a> {
    fn new(
        page: &'a Page<impl View>,
        request: &'a Request,
        state: &AppState,
        current_user: Option<&'a CurrentUser>,
    ) -> Self {
        let http = &state.config.http;
        let sign_in = state.config.sign_in.as_ref();
        let is_success = page.status == StatusCode::OK;
        let canonical = page.view.canonical_path().filter(|_| is_success);
        let structured_data = page.view.structured_data().filter(|_| is_success);
        Self {
            site_name: SITE_NAME,
            title: page.view.title(),
            path: request.uri().path(),
            is_indexed: canonical.is_some(),
            canonical: canonical
                .filter(|_| http.base_url.is_some())
                .map(|path| format!("{}{path}", http.origin())),
            origin: http.origin(),
            description: page.view.description().filter(|_| is_success),
            structured_data: structured_data.as_ref().map(structured_data::to_script),
            notice: None,
            current_user,
            // A form that requires sign-in has a link of its own, which keeps the page.
            sign_in_path: sign_in
                .filter(|_| page.status != StatusCode::UNAUTHORIZED)
                .map(|_| sign_in_path(&return_address(request, page.status))),
        }
    }
}

/// Where to return to after a sign-in from this page: the home page after a form or an error, whose
/// address may hold the parameters of a failed sign-in.
fn return_address(request: &Request, status: StatusCode) -> String {
    if request.method().is_safe() && status.is_success() {
        return return_address_of(request);
    }
    "/".to_owned()
}

#[async_trait]
impl<V: View> Writer for Page<V> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        if let Err(cause) = self.render(request, depot, response) {
            Error::Unexpected(cause)
                .write(request, depot, response)
                .await;
        }
    }
}

#[async_trait]
impl<V: View> Writer for FormOutcome<V> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        match self {
            Self::Saved(path, notice) => match HeaderValue::from_str(&path) {
                Ok(location) => {
                    response.headers_mut().insert(LOCATION, location);
                    response.status_code(StatusCode::SEE_OTHER);
                    let is_https = depot
                        .get_typed::<AppState>()
                        .is_ok_and(|state| state.config.http.is_https());
                    notice.send(response, is_https);
                }
                Err(cause) => {
                    Error::Unexpected(cause.into())
                        .write(request, depot, response)
                        .await;
                }
            },
            Self::Invalid(view) => {
                let page = Page::with_status(view, StatusCode::UNPROCESSABLE_ENTITY);
                page.write(request, depot, response).await;
            }
            Self::Conflict(view) => {
                let page = Page::with_status(view, StatusCode::CONFLICT);
                page.write(request, depot, response).await;
            }
        }
    }
}

/// Renders views with samples of the layout, in tests.
#[cfg(test)]
pub(crate) mod samples {
    use time::macros::datetime;

    use super::{Layout, View, structured_data};
    use std::sync::Arc;

    use crate::SITE_NAME;
    use crate::assets::Assets;
    use crate::current_user::{ADMIN, CurrentUser};
    use crate::templates::Templates;

    /// The text of every value of a sample that a visitor can type. No page shows it unescaped.
    pub(crate) const HOSTILE: &str = "<script>alert('1')</script>";

    /// A template and the page rendered from it.
    pub(crate) type Sample = (&'static str, String);

    pub(crate) fn sample_user() -> CurrentUser {
        CurrentUser {
            tenant_id: "tenant".to_owned(),
            object_id: "object".to_owned(),
            name: HOSTILE.to_owned(),
            email: Some(HOSTILE.to_owned()),
            job_title: None,
            roles: vec![ADMIN.to_owned(), HOSTILE.to_owned()],
            graph_answered: false,
            signed_in_at: datetime!(2024-05-01 10:00),
        }
    }

    /// Renders a view for an anonymous visitor without sign-in, one with sign-in, and a signed-in user.
    pub(crate) fn render_sample<V: View>(view: &V) -> Sample {
        let assets = Arc::new(Assets::load().expect("the static files"));
        let templates = Templates::load(assets).expect("the templates");
        let user = sample_user();
        let layouts = [
            (None, None),
            (None, Some("/auth/login?next=/")),
            (Some(&user), None),
        ];
        let pages = layouts.map(|(current_user, sign_in_path)| {
            let layout = Layout {
                site_name: SITE_NAME,
                title: view.title(),
                path: "/",
                is_indexed: view.canonical_path().is_some(),
                canonical: view
                    .canonical_path()
                    .map(|path| format!("https://example.com{path}")),
                origin: "https://example.com".to_owned(),
                description: view.description(),
                structured_data: view
                    .structured_data()
                    .as_ref()
                    .map(structured_data::to_script),
                notice: Some("Saved."),
                current_user,
                sign_in_path: sign_in_path.map(ToOwned::to_owned),
            };
            let page = templates.render(V::TEMPLATE, view, &layout);
            let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", V::TEMPLATE));
            String::from_utf8(page).expect("UTF-8")
        });
        let html = pages.concat();
        let markup = html.replace("<script type=\"application/ld+json\">", "");
        assert!(!markup.contains("<script"), "{}: {html}", V::TEMPLATE);
        (V::TEMPLATE, html)
    }
}
