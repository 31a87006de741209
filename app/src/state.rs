//! The application state: everything that outlives a request.

use std::sync::Arc;

use crate::assets::Assets;
use crate::auth::SignIn;
use crate::config::Config;
use crate::database::Database;
use crate::page_cache::PageCache;
use crate::rate_limiter::RateLimiters;
use crate::templates::Templates;

/// The application state; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub database: Database,
    pub assets: Arc<Assets>,
    pub templates: Arc<Templates>,
    pub rate_limiters: Arc<RateLimiters>,
    /// `None` when it is switched off.
    pub page_cache: Option<Arc<PageCache>>,
    /// `None` when sign-in is not configured.
    pub sign_in: Option<Arc<SignIn>>,
}

impl AppState {
    /// Opens the database lazily and parses the templates.
    ///
    /// # Errors
    /// When the database cannot be opened, a template does not parse, or the system's certificates
    /// cannot be read.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let database = Database::open(&config)?;
        let assets = Arc::new(Assets::load()?);
        Ok(Self {
            sign_in: SignIn::new(&config, &database)?,
            database,
            page_cache: PageCache::new(config.http.page_cache_bytes).map(Arc::new),
            rate_limiters: Arc::new(RateLimiters::new(&config)),
            templates: Arc::new(Templates::load(assets.clone())?),
            assets,
            config: Arc::new(config),
        })
    }
}
