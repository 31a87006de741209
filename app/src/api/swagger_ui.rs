//! Swagger UI at `/api/docs/try`: the only pages of the site with a script.

use salvo::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use salvo::{Request, Response, Router, handler};
use salvo_oapi::swagger_ui::{Config, serve};

use crate::response::Error;
use crate::routing::get;

/// The site's policy, and what Swagger UI needs beyond it: its script, its request, and its icons, which are `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Try the API</title>
  <link rel="stylesheet" href="/api/docs/try/swagger-ui.css">
</head>
<body>
  <p><a href="/api/docs">Back to the documentation</a></p>
  <div id="swagger-ui"></div>
  <script src="/api/docs/try/swagger-ui-bundle.js"></script>
  <script src="/api/docs/try/start.js"></script>
</body>
</html>
"#;

/// Salvo's own page has it in the page, which the policy forbids.
const START: &str = "SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui' });\n";

/// The files of Swagger UI that the page loads.
const FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

pub(super) fn routes() -> Router {
    Router::new()
        .push(get("api/docs/try", show_page))
        .push(get("api/docs/try/{name}", show_file))
}

#[handler]
async fn show_page(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.body(PAGE);
}

#[handler]
async fn show_file(request: &mut Request, response: &mut Response) -> Result<(), Error> {
    let name = request.params().get("name").cloned().unwrap_or_default();
    let body = if name == "start.js" {
        START.into()
    } else {
        find(&name).ok_or(Error::NotFound)?
    };
    let kind = if name.ends_with(".css") {
        "text/css"
    } else {
        "text/javascript"
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response.body(body);
    Ok(())
}

fn find(name: &str) -> Option<Vec<u8>> {
    let config: Config<'static> = Config::new(["/api/openapi.json"]);
    let name = FILES.into_iter().find(|file| *file == name)?;
    let file = serve(name, "", "", "", &config).ok()??;
    Some(file.bytes.into_owned())
}
