//! The static files, under names that change with their content, so that they may be kept for ever.

use rust_embed::EmbeddedFile;
use salvo::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use salvo::{Request, Response, Router, Scribe, handler};

use crate::assets;
use crate::response::Error;
use crate::routing::get;

/// One year, and no question whether it has changed.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One day: the address is fixed.
const ONE_DAY: &str = "public, max-age=86400";

pub fn routes() -> Router {
    Router::new()
        .push(get("static/{name}", show_static_file))
        .push(get("favicon.ico", show_favicon))
}

#[handler]
async fn show_static_file(request: &mut Request) -> Result<StaticFile, Error> {
    let name = request
        .params()
        .get("name")
        .map(String::as_str)
        .unwrap_or_default();
    let file = assets::find_static_file(name).ok_or(Error::NotFound)?;
    Ok(StaticFile {
        file,
        cache: FOR_EVER,
    })
}

/// For programs that ask without having read the page's link.
#[handler]
async fn show_favicon() -> Result<StaticFile, Error> {
    let file = assets::static_file("favicon.svg").ok_or(Error::NotFound)?;
    Ok(StaticFile {
        file,
        cache: ONE_DAY,
    })
}

struct StaticFile {
    file: EmbeddedFile,
    cache: &'static str,
}

impl Scribe for StaticFile {
    fn render(self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Ok(kind) = HeaderValue::from_str(self.file.metadata.mimetype()) {
            headers.insert(CONTENT_TYPE, kind);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache));
        response.body(self.file.data.into_owned());
    }
}
