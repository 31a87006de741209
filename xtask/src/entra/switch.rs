//! Brings a new version of the vault's secret to the site, and waits until it is there.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::az::{Az, text};

/// The version with which the refresh is documented, and one whose answers have `activeVersion`.
const REFRESH_API: &str = "api-version=2022-03-01";
const API: &str = "api-version=2024-11-01";

const PAUSE: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 60;

/// The site at App Service.
pub(super) struct Site {
    pub(super) group: String,
    pub(super) name: String,
}

/// Has App Service read its references again, which starts the site anew, and waits until `AZURE_CLIENT_SECRET` is this version.
///
/// # Errors
/// When it takes longer than ten minutes. Both secrets are valid then, so nothing is lost.
pub(super) fn wait_for_version(az: &Az, site: &Site, version: &str) -> Result<()> {
    let show = [
        "webapp",
        "show",
        "--resource-group",
        &site.group,
        "--name",
        &site.name,
    ];
    let id = text(&az.call(&show)?, "id")?;
    let references = format!("{id}/config/configreferences/appsettings");
    let refresh = format!("{references}/refresh?{REFRESH_API}");
    az.call(&["rest", "--method", "post", "--uri", &refresh])?;
    let reference = format!("{references}/AZURE_CLIENT_SECRET?{API}");
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        let used = az.call(&["rest", "--method", "get", "--uri", &reference]);
        let used = used.context("the site has no AZURE_CLIENT_SECRET yet: run `azd provision`, then this command again; the old secrets are still valid")?;
        if used["properties"]["activeVersion"].as_str() == Some(version) {
            return Ok(());
        }
    }
    bail!(
        "the site does not use the new secret yet: run this command again later; the old secrets are still valid"
    )
}
