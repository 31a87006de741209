//! What the Bicep says about the site.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::infra::{self, SiteSetting};

/// The settings, and how the site is started, asked and stopped.
pub(super) struct SiteFacts {
    pub(super) settings: Vec<SiteSetting>,
    pub(super) command: String,
    /// Path of the health check.
    pub(super) health: String,
    /// From SIGTERM until the platform kills the site.
    pub(super) stop_limit: Duration,
}

impl SiteFacts {
    /// # Errors
    /// When the Bicep sets what nobody reads, or lacks something.
    pub(super) fn read() -> Result<Self> {
        let unknown = infra::unknown_settings()?;
        if !unknown.is_empty() {
            bail!("the Bicep sets what nobody reads: {}", unknown.join(", "));
        }
        let settings = infra::site_settings()?;
        let limit = settings
            .iter()
            .find(|setting| setting.name == "WEBSITES_CONTAINER_STOP_TIME_LIMIT");
        let limit = limit.context("the Bicep sets no WEBSITES_CONTAINER_STOP_TIME_LIMIT")?;
        let seconds = limit.value.trim_matches('\'').parse();
        Ok(Self {
            command: infra::site_text("var startCommand = ")?,
            health: infra::site_text("healthCheckPath: ")?,
            stop_limit: Duration::from_secs(seconds.context("the stop limit is no number")?),
            settings,
        })
    }
}
