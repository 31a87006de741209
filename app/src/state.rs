//! What outlives a request.

use std::sync::Arc;

use crate::assets::Assets;
use crate::config::Config;
use crate::database::Database;
use crate::rate_limiter::RateLimiters;
use crate::templates::Templates;

/// The process's shared parts; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub database: Database,
    pub assets: Arc<Assets>,
    pub templates: Arc<Templates>,
    pub rate_limiters: Arc<RateLimiters>,
}

impl AppState {
    /// Opens the database lazily and parses the templates.
    ///
    /// # Errors
    /// When the database cannot be opened, or a template does not parse.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let assets = Arc::new(Assets::load()?);
        Ok(Self {
            database: Database::open(&config)?,
            rate_limiters: Arc::new(RateLimiters::new(&config)),
            templates: Arc::new(Templates::load(assets.clone())?),
            assets,
            config: Arc::new(config),
        })
    }
}
