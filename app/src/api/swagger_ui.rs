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
const START: &str =
    "SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n";

const JAVASCRIPT: &str = "text/javascript";

/// The files of Swagger UI that the page loads, and their types.
const FILES: [(&str, &str); 2] = [
    ("swagger-ui.css", "text/css"),
    ("swagger-ui-bundle.js", JAVASCRIPT),
];

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
    let (kind, body) = find(&name).ok_or(Error::NotFound)?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response.body(body);
    Ok(())
}

/// The type and the content of a file.
fn find(name: &str) -> Option<(&'static str, Vec<u8>)> {
    if name == "start.js" {
        return Some((JAVASCRIPT, START.into()));
    }
    let config: Config<'static> = Config::new(["/api/openapi.json"]);
    let (name, kind) = FILES.into_iter().find(|(file, _)| *file == name)?;
    let file = serve(name, "", "", "", &config).ok()??;
    Some((kind, file.bytes.into_owned()))
}
