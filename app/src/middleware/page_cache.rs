//! Serves anonymous readers from the page cache.
//!
//! A page that was read from a replica is as old as the data of the replica, and is cached for less time.
//! A page of a signed-in user is never cached. After a write the browser has a cookie with which it bypasses the cache,
//! for as long as any instance may have a page from before the write.

use std::sync::Arc;
use std::time::Duration;

use cookie::Cookie;
use salvo::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, SET_COOKIE, VARY,
};
use salvo::http::uri::{PathAndQuery, Uri};
use salvo::http::{ResBody, StatusCode};
use salvo::{
    Depot, FlowCtrl, Handler, Request, Response, Router, Writer as _, async_trait, handler,
};
use url::form_urlencoded;

use crate::compression::{Effort, Encoding};
use crate::entity_tag::is_known_to_client;
use crate::extract::{BYPASS_COOKIE, DataAt, ReplicaLag, may_be_shared, state};
use crate::page_cache::{CachedPage, Lookup, MAX_AGE, Rendered};
use crate::response::Error;
use crate::site_cookie;
use crate::state::AppState;

/// Longer than `page_cache::MAX_AGE`, since a browser counts whole seconds.
const BYPASS_SECONDS: u64 = 3;

/// The maximum lag of a replica for a page that is cached: the page stays in the cache for the rest of
/// `page_cache::MAX_AGE`.
const MAX_LAG: Duration = MAX_AGE.checked_div(2).unwrap();

/// Routes whose pages are cached by their path and these query parameters. Other parameters are removed
/// from the request, so that they cause neither a miss nor a wrong entry.
pub fn cached(parameters: &'static [&'static str], routes: Router) -> Router {
    Router::new().hoop(CachedPages { parameters }).push(routes)
}

struct CachedPages {
    parameters: &'static [&'static str],
}

#[async_trait]
impl Handler for CachedPages {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        keep_parameters(request, self.parameters);
        let cache = state(depot).ok().and_then(|state| state.page_cache.clone());
        let Some(cache) = cache.filter(|_| may_be_shared(request, depot)) else {
            ctrl.call_next(request, depot, response).await;
            return;
        };
        let address = request
            .uri()
            .path_and_query()
            .map_or("/", PathAndQuery::as_str);
        let page = match cache.find(address).await {
            Lookup::Hit(page) => page,
            Lookup::Miss(slot) => {
                depot.insert_typed(ReplicaLag(MAX_LAG));
                ctrl.call_next(request, depot, response).await;
                let rendered = to_rendered(response);
                let data_at = depot.get_typed::<DataAt>().ok().map(|read| read.0);
                slot.fill(rendered.clone(), data_at);
                match rendered {
                    Rendered::Page(page) => page,
                    Rendered::Private | Rendered::Failed => return,
                }
            }
            Lookup::Bypass => {
                ctrl.call_next(request, depot, response).await;
                return;
            }
            Lookup::Failed => {
                let cause = anyhow::anyhow!("the same page failed for another request");
                Error::Unavailable(cause)
                    .write(request, depot, response)
                    .await;
                ctrl.skip_rest();
                return;
            }
        };
        write(&page, request, response);
        ctrl.skip_rest();
    }
}

/// After a write, invalidates the pages of this instance, and makes the writer's browser bypass the caches of the others.
#[handler]
pub async fn record_writes(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    ctrl.call_next(request, depot, response).await;
    if request.method().is_safe() {
        return;
    }
    let Ok(state) = state(depot) else { return };
    if let Some(cache) = &state.page_cache {
        cache.record_write();
    }
    let is_accepted = response
        .status_code
        .is_some_and(|status| status.is_redirection() || status.is_success());
    if let Some(cookie) = bypass_cookie(state).filter(|_| is_accepted) {
        response.add_cookie(cookie);
    }
}

/// Removes the query parameters that the page does not read.
fn keep_parameters(request: &mut Request, names: &[&str]) {
    let Some(query) = request.uri().query() else {
        return;
    };
    let is_known = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        let mut decoded = form_urlencoded::parse(name.as_bytes());
        decoded
            .next()
            .is_some_and(|(name, _)| names.contains(&&*name))
    };
    let known: Vec<_> = query.split('&').filter(is_known).collect();
    let path = request.uri().path();
    let address = if known.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", known.join("&"))
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = address.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.set_uri(uri);
    }
}

fn to_rendered(response: &Response) -> Rendered {
    let status = response.status_code.unwrap_or(StatusCode::OK);
    if status.is_server_error() {
        return Rendered::Failed;
    }
    let headers = response.headers();
    let (Some(kind), Some(cache)) = (headers.get(CONTENT_TYPE), headers.get(CACHE_CONTROL)) else {
        return Rendered::Private;
    };
    let is_private =
        status != StatusCode::OK || headers.contains_key(SET_COOKIE) || cache != "no-cache";
    match &response.body {
        ResBody::Once(body) if !is_private => {
            match CachedPage::new(body.clone(), kind.clone(), cache.clone()) {
                Ok(page) => Rendered::Page(Arc::new(page)),
                Err(_) => Rendered::Private,
            }
        }
        _ => Rendered::Private,
    }
}

/// The page in the client's content coding, or 304 if the client has it already.
fn write(page: &CachedPage, request: &Request, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(ETAG, page.etag.clone());
    headers.insert(CACHE_CONTROL, page.cache_control.clone());
    if is_known_to_client(request, page.etag.to_str().unwrap_or_default()) {
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.remove(CONTENT_TYPE);
        response.status_code(StatusCode::NOT_MODIFIED);
        response.body(ResBody::None);
        return;
    }
    headers.insert(CONTENT_TYPE, page.content_type.clone());
    let encoding = Encoding::negotiate(request.headers(), Effort::Fast);
    let (encoding, body) = match page.body.encoded(encoding) {
        Ok(body) => (encoding, body),
        Err(_) => (Encoding::Identity, page.body.identity().clone()),
    };
    if let Some(value) = encoding.header_value() {
        headers.insert(CONTENT_ENCODING, value);
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    response.status_code(StatusCode::OK);
    response.body(body);
}

/// The cookie of a writer; `None` where every page is read from the primary anyway. It lasts longer than any instance may
/// show a page from before the write.
fn bypass_cookie(state: &AppState) -> Option<Cookie<'static>> {
    let lag = state.database.read_lag();
    if state.page_cache.is_none() && lag.is_none() {
        return None;
    }
    // A browser counts whole seconds.
    let seconds = lag.map_or(0, |lag| lag.as_secs() + 2).max(BYPASS_SECONDS);
    let lifetime = Duration::from_secs(seconds).try_into().ok()?;
    let is_https = state.config.http.is_https();
    Some(site_cookie::build(BYPASS_COOKIE, "1", lifetime, is_https))
}
