//! Swagger UI at `/api/docs/try`: the only pages of the site with a script.

use salvo::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use salvo::hyper::body::Bytes;
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Router, async_trait, handler};
use salvo_oapi::swagger_ui::{Config, serve};

use crate::routing::get;

/// The site's policy, and what Swagger UI needs beyond it: its script, its request, and its icons, which are `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!DOCTYPE html>
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

/// Salvo's page has it as an inline script, which the policy forbids.
const START: &str =
    "SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n";

const JAVASCRIPT: &str = "text/javascript";

/// The files of Swagger UI that the page loads, and their types.
const FILES: [(&str, &str); 2] = [
    ("swagger-ui.css", "text/css"),
    ("swagger-ui-bundle.js", JAVASCRIPT),
];

pub(super) fn routes() -> Router {
    let start = ServeFile {
        kind: JAVASCRIPT,
        content: Bytes::from_static(START.as_bytes()),
    };
    let routes = Router::new()
        .push(get("api/docs/try", show_page))
        .push(get("api/docs/try/start.js", start));
    let config: Config<'static> = Config::new(["/api/openapi.json"]);
    FILES.into_iter().fold(routes, |routes, (name, kind)| {
        let file = serve(name, "", "", "", &config).ok().flatten();
        let content = file.map(|file| file.bytes.into_owned()).unwrap_or_default();
        let content = Bytes::from(content);
        routes.push(get(
            &format!("api/docs/try/{name}"),
            ServeFile { kind, content },
        ))
    })
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

/// A file of a type, kept in memory.
struct ServeFile {
    kind: &'static str,
    content: Bytes,
}

#[async_trait]
impl Handler for ServeFile {
    async fn handle(
        &self,
        _: &mut Request,
        _: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
        response.body(self.content.clone());
    }
}
