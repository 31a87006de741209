//! Health checks: liveness (`/livez`), readiness (`/readyz`) and the command `app healthcheck`.

use std::time::Duration;

use anyhow::Context as _;
use salvo::http::StatusCode;
use salvo::{Writer as _, handler};

use crate::config::HttpConfig;
use crate::response::{Error, ErrorDetails, RecoveryLink};
use crate::state::AppState;
use crate::tls::install_crypto_provider;

/// `GET /livez`: the process is alive.
#[handler]
pub async fn show_liveness() -> &'static str {
    "alive"
}

/// `GET /readyz`: the database is reachable and migrated; 503 with the reason if not, within 2 s.
#[handler]
pub async fn show_readiness(state: AppState) -> Result<&'static str, Error> {
    let checked = state.database.check_ready().await;
    checked.map(|()| "ready").map_err(|reason| {
        Error::Detailed(Box::new(ErrorDetails {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Not ready",
            message: reason.to_string(),
            recovery_links: vec![RecoveryLink::START],
            reason: reason.to_string(),
        }))
    })
}

/// How long `app healthcheck` waits for the response.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// Calls `/livez` of the site on this machine.
///
/// # Errors
/// When there is no response within 5 s, or its status is not 200.
pub async fn check(config: &HttpConfig) -> anyhow::Result<()> {
    let host = match config.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" | "[::]" => "[::1]",
        host => host,
    };
    let url = format!("http://{host}:{}/livez", config.port);
    install_crypto_provider();
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(CHECK_TIMEOUT)
        .build()?;
    let response = client
        .get(&url)
        .send()
        .await
        .with_context(|| format!("{url} does not respond"))?;
    response
        .error_for_status()
        .with_context(|| format!("{url} reports a failure"))?;
    Ok(())
}
