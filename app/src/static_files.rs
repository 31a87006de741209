//! Static files under names that change with their content, so that a browser may cache them forever.

use std::sync::Arc;

use salvo::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use salvo::{Request, Response, Router, Writer as _, handler};

use crate::assets::Asset;
use crate::compression::{Effort, Encoding};
use crate::response::Error;
use crate::routing::get;
use crate::state::AppState;

/// One year, without revalidation (RFC 8246).
const CACHE_IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// One day: the address of the icon does not change with its content.
const CACHE_ONE_DAY: &str = "public, max-age=86400";

pub fn routes() -> Router {
    Router::new()
        .push(get("static/{name}", show_static_file))
        .push(get("favicon.ico", show_favicon))
}

#[handler]
async fn show_static_file(
    state: AppState,
    request: &mut Request,
    response: &mut Response,
) -> Result<(), Error> {
    let name = request.params().get("name").map(String::as_str);
    let asset = state.assets.find_hashed(name.unwrap_or_default());
    write(asset, CACHE_IMMUTABLE, request, response)
}

/// For clients that request the icon without having read the page's link.
#[handler]
async fn show_favicon(
    state: AppState,
    request: &mut Request,
    response: &mut Response,
) -> Result<(), Error> {
    let asset = state.assets.find_named("favicon.svg");
    write(asset, CACHE_ONE_DAY, request, response)
}

fn write(
    asset: Option<Arc<Asset>>,
    cache_control: &'static str,
    request: &Request,
    response: &mut Response,
) -> Result<(), Error> {
    let asset = asset.ok_or(Error::NotFound)?;
    let encoding = Encoding::negotiate(request.headers(), Effort::Best);
    let body = asset.body.encoded(encoding).map_err(anyhow::Error::from)?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, asset.content_type.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding.header_value() {
        headers.insert(CONTENT_ENCODING, encoding);
    }
    response.body(body);
    Ok(())
}
