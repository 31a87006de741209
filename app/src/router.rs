//! The router: the middleware in order, and the routes.

use std::time::Duration;

use salvo::affix_state;
use salvo::{Router, Service};

use crate::api;
use crate::assets;
use crate::auth_routes;
use crate::config::{BaseUrl, Config};
use crate::crawlers;
use crate::feature;
use crate::health;
use crate::middleware::{self, Deadline, SecurityHeaders, ShedLoad};
use crate::routing::get;
use crate::state::AppState;
use crate::static_files;
use crate::telemetry::Observe;

/// What a request may take beyond waiting for a connection and for one statement.
const DEADLINE_MARGIN: Duration = Duration::from_secs(2);

/// The site, ready to be served.
///
/// # Errors
/// When the system's certificates, which sign-in needs, cannot be read.
pub fn service(state: AppState) -> anyhow::Result<Service> {
    let router = Router::new()
        .hoop(middleware::receive_body)
        .hoop(middleware::reject_cross_site_requests)
        .push(get("livez", health::show_liveness))
        .push(get("readyz", health::show_readiness))
        .push(static_files::routes())
        .push(crawlers::open_routes())
        .push(auth_routes::routes(&state.config))
        .push(pages(&state.config)?);
    let observe = Observe::new(&state.config);
    let security_headers = SecurityHeaders::new(&state.config);
    Ok(Service::new(router)
        .hoop(affix_state::inject(state))
        .hoop(observe)
        .hoop(security_headers)
        .hoop(middleware::compress)
        .hoop(middleware::render_error_pages)
        .hoop(middleware::catch_panic)
        .hoop(middleware::limit_head)
        .hoop(middleware::check_target)
        .hoop_when(middleware::load_session, |request, _| {
            depends_on_visitor(request.uri().path())
        }))
}

fn pages(config: &Config) -> anyhow::Result<Router> {
    let limits = &config.database.settings;
    let deadline = limits.database_pool_timeout + limits.database_timeout + DEADLINE_MARGIN;
    let pages = Router::new()
        .hoop(middleware::limit_writes)
        .hoop(middleware::record_writes)
        .hoop(ShedLoad::new(config.http.max_concurrent_requests))
        .hoop(Deadline(deadline))
        .hoop(middleware::require_database)
        .hoop(middleware::require_user_as_configured())
        .push(crawlers::routes())
        .push(feature::routes(config))
        .push(documentation(config)?);
    if config.sign_in.is_none() {
        return Ok(pages);
    }
    Ok(pages.push(feature::protected_routes()))
}

/// The documentation of the feature's API.
fn documentation(config: &Config) -> anyhow::Result<Router> {
    let routes = feature::routes(config);
    let document = api::document(config, &routes, &feature::protected_routes());
    let origin = config.http.base_url.as_ref().map_or_else(
        || format!("http://localhost:{}", config.http.port),
        BaseUrl::origin,
    );
    api::routes(&document, &origin)
}

/// Whether responses at this path depend on the visitor: static files and health checks need no session.
fn depends_on_visitor(path: &str) -> bool {
    !path.starts_with(assets::STATIC_PATH) && !["/livez", "/readyz", "/favicon.ico"].contains(&path)
}
