//! The API's documentation: the OpenAPI document, and a page that shows it.

use salvo::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use salvo::hyper::body::Bytes;
use salvo::writing::Redirect;
use salvo::{Response, Router, handler};
use salvo_oapi::OpenApi;

use super::docs_page::DocsView;
use crate::response::Page;
use crate::routing::get;

/// The documentation's routes below `/api`, and the addresses at which FastAPI serves it.
pub fn routes(document: &OpenApi, origin: &str) -> anyhow::Result<Router> {
    let value = serde_json::to_value(document)?;
    let json = ServeDocument(serde_json::to_vec(&value)?.into());
    let routes = Router::new()
        .push(get("api/openapi.json", json))
        .push(get("api/docs", ShowDocs(DocsView::new(&value, origin))))
        .push(redirects());
    #[cfg(feature = "swagger-ui")]
    let routes = routes.push(super::swagger_ui::routes());
    Ok(routes)
}

/// The addresses at which FastAPI serves its documentation.
fn redirects() -> Router {
    Router::new()
        .push(get("docs", redirect_to_docs))
        .push(get("redoc", redirect_to_docs))
        .push(get("openapi.json", redirect_to_document))
}

#[handler]
async fn redirect_to_docs() -> Redirect {
    Redirect::permanent("/api/docs")
}

#[handler]
async fn redirect_to_document() -> Redirect {
    Redirect::permanent("/api/openapi.json")
}

/// `GET /api/openapi.json`.
struct ServeDocument(Bytes);

#[handler]
impl ServeDocument {
    fn handle(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response.body(self.0.clone());
    }
}

/// `GET /api/docs`.
struct ShowDocs(DocsView);

#[handler]
impl ShowDocs {
    fn handle(&self) -> Page<DocsView> {
        Page::new(self.0.clone())
    }
}
