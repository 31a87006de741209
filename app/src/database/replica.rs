//! Read replicas and their replication lag, which is measured in the background.
//!
//! A replica has replayed the log up to a position. If the primary had written up to that position when it was asked,
//! the replica has everything that had been committed by then. A server that is stopped, paused, unreachable or no
//! replica at all ages by itself, and is not read from once it is older than a request allows.
//!
//! The time of the last replayed transaction (`pg_last_xact_replay_timestamp`) does not tell it: without writes on the
//! primary it grows, although the replica lacks nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sea_orm::SqlxError;
use sea_orm::sqlx::postgres::{PgConnection, PgRow};
use sea_orm::sqlx::{ConnectOptions as _, PgPool, Row as _, raw_sql};
use tokio::time::timeout;

use super::RetryingConnection;
use super::pooler::{Pooling, detect};

/// Between two measurements; what a replica is behind is known to this accuracy.
const MEASURE_PAUSE: Duration = Duration::from_millis(100);

/// The longest measurement.
const MEASURE_TIMEOUT: Duration = Duration::from_secs(1);

/// Between two attempts to reach a replica that cannot be measured.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Positions of the primary that a replica has not reached yet are kept for this many measurements.
const MAX_SAMPLES: usize = 600;

/// In bytes of the log. An error on a standby.
const WRITTEN: &str = "SELECT (pg_current_wal_lsn() - '0/0')::bigint";

/// In bytes of the log. No row on a primary.
const REPLAYED: &str =
    "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint WHERE pg_is_in_recovery()";

/// A replica to read from; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) connection: RetryingConnection,
    pool: PgPool,
    /// The last instant at which the primary had nothing committed that the replica does not have.
    current_at: Arc<Mutex<Option<Instant>>>,
}

impl Replica {
    pub(super) fn new(connection: RetryingConnection, pool: PgPool) -> Self {
        Self {
            connection,
            pool,
            current_at: Arc::default(),
        }
    }

    /// The instant whose data the replica has at least, if that is at most `lag` ago.
    pub(super) fn current_at(&self, lag: Duration) -> Option<Instant> {
        let current_at = *self
            .current_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        current_at.filter(|at| at.elapsed() <= lag)
    }

    /// Measures for as long as the site runs. What fails is logged when it changes.
    pub(super) async fn measure_forever(self, primary: PgPool) {
        let mut logged = String::new();
        loop {
            let Err(error) = self.measure(&primary).await;
            let cause = format!("{error:#}");
            if cause != logged {
                tracing::warn!(
                    cause,
                    "failed to measure the replication lag; reading from the primary"
                );
                logged = cause;
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    async fn measure(&self, primary: &PgPool) -> anyhow::Result<Infallible> {
        let options = self.pool.connect_options();
        let pooling = within_limit(detect(&options)).await.context("replica")?;
        ensure!(
            pooling != Pooling::MixesUpStatements,
            "the pooler in front of the replica does not support prepared statements"
        );
        let mut primary = within_limit(primary.connect_options().connect())
            .await
            .context("primary")?;
        let mut replica = within_limit(options.connect()).await.context("replica")?;
        let mut samples = VecDeque::new();
        loop {
            let asked = Instant::now();
            let written = position(&mut primary, WRITTEN).await.context("primary")?;
            samples.push_back((asked, written.context("the primary has no position")?));
            let replayed = position(&mut replica, REPLAYED).await.context("replica")?;
            let replayed = replayed.context("the server is no replica: it is not in recovery")?;
            while let Some((at, _)) = samples.pop_front_if(|(_, written)| *written <= replayed) {
                *self
                    .current_at
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(at);
            }
            if samples.len() > MAX_SAMPLES {
                samples.pop_front();
            }
            tokio::time::sleep(MEASURE_PAUSE).await;
        }
    }
}

async fn position(
    connection: &mut PgConnection,
    sql: &'static str,
) -> Result<Option<i64>, SqlxError> {
    let row: Option<PgRow> = within_limit(raw_sql(sql).fetch_optional(connection)).await?;
    row.map(|row| row.try_get(0)).transpose()
}

async fn within_limit<T>(work: impl Future<Output = Result<T, SqlxError>>) -> Result<T, SqlxError> {
    match timeout(MEASURE_TIMEOUT, work).await {
        Ok(result) => result,
        Err(_) => Err(SqlxError::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
