//! Entra tokens in place of a password
//! (<https://learn.microsoft.com/azure/postgresql/flexible-server/security-entra-configure>).
//!
//! The server checks a token only when a connection is opened; open connections outlive it.

use std::fmt::{self, Debug, Formatter};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::PgConnectOptions;
use tokio::sync::Mutex;

use crate::config::{Config, DatabaseTarget};
use crate::managed_identity::{IdentityError, ManagedIdentity, Token};
use crate::outbound::Outbound;

/// The resource of tokens for servers of the national clouds, by the end of the server's host name.
const NATIONAL_RESOURCES: [(&str, &str); 2] = [
    (
        ".database.chinacloudapi.cn",
        "https://ossrdbms-aad.database.chinacloudapi.cn",
    ),
    (
        ".database.usgovcloudapi.net",
        "https://ossrdbms-aad.database.usgovcloudapi.net",
    ),
];

const PUBLIC_RESOURCE: &str = "https://ossrdbms-aad.database.windows.net";

/// The first and the longest pause before a failed renewal is repeated; the pauses double.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// The pools' password: an Entra token that is renewed after half its lifetime.
pub(super) struct EntraPassword {
    source: TokenSource,
    /// The primary's first.
    pools: Vec<PgPool>,
    /// `None` until the first token.
    renew_at: Mutex<Option<Instant>>,
}

/// Where tokens for one server come from.
struct TokenSource {
    identity: ManagedIdentity,
    outbound: Outbound,
    resource: &'static str,
}

/// A token for the database's server, for programs such as `psql`; it is valid for a day at most.
///
/// # Errors
/// When the database is not PostgreSQL, or the managed identity returns no token.
pub async fn database_token(config: &Config) -> anyhow::Result<String> {
    let DatabaseTarget::Postgres { primary, .. } = &config.database.target else {
        anyhow::bail!(
            "the database is not PostgreSQL: AZURE_POSTGRESQL_CONNECTIONSTRING names one"
        );
    };
    let source = TokenSource::new(config, primary)?;
    let token = source.fetch().await?;
    Ok(token.expose().to_owned())
}

impl EntraPassword {
    /// `None` where the settings have a password.
    ///
    /// # Errors
    /// When there is no managed identity, or the system's certificates cannot be read.
    pub(super) fn from_config(
        config: &Config,
        primary: &PgPool,
        replicas: &[PgPool],
    ) -> anyhow::Result<Option<Self>> {
        if !config.database.token_required {
            return Ok(None);
        }
        let source = TokenSource::new(config, &primary.connect_options());
        let source = source.context(
            "AZURE_POSTGRESQL_CONNECTIONSTRING has no password: add password=… to it, \
             or run where the site has a managed identity",
        )?;
        Ok(Some(Self {
            source,
            pools: std::iter::once(primary).chain(replicas).cloned().collect(),
            renew_at: Mutex::default(),
        }))
    }

    /// Fetches a token if the last one has spent half its lifetime; new connections use it.
    pub(super) async fn renew_if_due(&self) -> Result<(), IdentityError> {
        let mut renew_at = self.renew_at.lock().await;
        if renew_at.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        let token = self.source.fetch().await?;
        for pool in &self.pools {
            let options = PgConnectOptions::clone(&pool.connect_options());
            pool.set_connect_options(options.password(token.expose()));
        }
        let half = token.remaining() / 2;
        *renew_at = Some(Instant::now() + half);
        tracing::info!(
            next_in_seconds = half.as_secs(),
            "renewed the database's Entra token"
        );
        Ok(())
    }

    /// Renews the token for as long as the site runs; a failure is logged and repeated.
    pub(super) async fn renew_forever(&self) {
        let (shortest, longest) = RETRY_PAUSES;
        let mut pause = shortest;
        loop {
            let due = self.renew_at.lock().await.unwrap_or_else(Instant::now);
            tokio::time::sleep_until(due.into()).await;
            match self.renew_if_due().await {
                Ok(()) => pause = shortest,
                Err(cause) => {
                    tracing::error!(%cause, "failed to renew the database's Entra token; trying again");
                    tokio::time::sleep(pause).await;
                    pause = longest.min(pause * 2);
                }
            }
        }
    }
}

impl Debug for EntraPassword {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("EntraPassword")
    }
}

impl TokenSource {
    fn new(config: &Config, options: &PgConnectOptions) -> anyhow::Result<Self> {
        let identity = ManagedIdentity::new(&config.outbound);
        identity.ensure_exists()?;
        Ok(Self {
            identity,
            outbound: Outbound::new(&config.outbound)?,
            resource: resource(options.get_host()),
        })
    }

    async fn fetch(&self) -> Result<Token, IdentityError> {
        self.identity
            .fetch_token(&self.outbound.calls(), self.resource)
            .await
    }
}

fn resource(host: &str) -> &'static str {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let mut national = NATIONAL_RESOURCES.iter();
    let found = national.find(|(suffix, _)| host.ends_with(suffix));
    found.map_or(PUBLIC_RESOURCE, |(_, resource)| resource)
}

#[cfg(test)]
mod tests {
    use super::resource;

    #[test]
    fn the_token_resource_follows_the_cloud_of_the_server() {
        for (host, expected) in [
            (
                "a.postgres.database.azure.com",
                "https://ossrdbms-aad.database.windows.net",
            ),
            (
                "A.Postgres.Database.UsGovCloudApi.net.",
                "https://ossrdbms-aad.database.usgovcloudapi.net",
            ),
            (
                "a.postgres.database.chinacloudapi.cn",
                "https://ossrdbms-aad.database.chinacloudapi.cn",
            ),
            (
                "db.example.com",
                "https://ossrdbms-aad.database.windows.net",
            ),
        ] {
            assert_eq!(resource(host), expected, "{host}");
        }
    }
}
