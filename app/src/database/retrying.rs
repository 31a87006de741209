//! Connections for statements that may be sent twice.
//!
//! sqlx's pool tests a connection when it is taken and again when it is given back, a round trip each. Here a few
//! connections of the pool are kept between statements instead: one that was in use a moment ago is trusted, and
//! a statement whose connection turns out to be lost is sent again on one that has been tested.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use salvo::async_trait;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::postgres::{PgConnection, PgPool, PgRow};
use sea_orm::sqlx::{AssertSqlSafe, Connection as _, Postgres, query_with};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, SqlxError, Statement, Values,
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::{Instrument as _, Span};

use super::pool::{OldestConnection, TEST_TIMEOUT};
use super::unavailable::is_connection_lost;
use crate::config::DatabaseConfig;
use crate::telemetry::TRACED;

/// A connection that was in use so short a time ago is trusted without a test.
const TRUST_PERIOD: Duration = Duration::from_secs(1);

/// A statement waits for a kept connection for so long before it takes one of the pool. To wait for both at once would
/// cost a connection each time: sqlx closes the one that it is testing when the wait is given up.
const LEASE_WAIT_TIMEOUT: Duration = Duration::from_millis(50);

/// After this time a connection goes back to the pool, which closes those that are too old.
const LEASE_LIMIT: Duration = Duration::from_secs(30);

/// The part of the pool that is left to statements that may be sent only once: one connection in four, at least one.
const UNLEASED_SHARE: usize = 4;

/// A connection for statements that may be sent twice: those that read, and the insertion of a row that a
/// unique key keeps from being inserted again. Cheap to clone.
#[derive(Clone, Debug)]
pub enum RetryingConnection {
    /// A pool whose connections cannot be lost, or that has only one.
    Pool(DatabaseConnection),
    Leases(Arc<Leases>),
}

/// The connections that are kept between statements.
#[derive(Debug)]
pub struct Leases {
    pool: PgPool,
    connection: DatabaseConnection,
    oldest: OldestConnection,
    test_timeout: Duration,
    /// Longer than the server lets a statement take.
    result_timeout: Duration,
    /// One for each connection that may be kept.
    permits: Semaphore,
    idle: Mutex<Vec<Lease>>,
}

/// A connection that was taken from the pool.
#[derive(Debug)]
struct Lease {
    connection: PoolConnection<Postgres>,
    taken: Instant,
    used: Instant,
}

impl RetryingConnection {
    /// Connections of a PostgreSQL pool.
    pub(super) fn new(config: &DatabaseConfig, pool: PgPool, oldest: OldestConnection) -> Self {
        let size = usize::try_from(config.settings.database_pool_size).unwrap_or(usize::MAX);
        let most = size - size.div_ceil(UNLEASED_SHARE);
        if most == 0 {
            return Self::Pool(pool.into());
        }
        Self::Leases(Arc::new(Leases {
            connection: pool.clone().into(),
            pool,
            oldest,
            test_timeout: TEST_TIMEOUT.min(config.settings.database_pool_timeout / 2),
            result_timeout: config.settings.database_timeout + TEST_TIMEOUT,
            permits: Semaphore::new(most),
            idle: Mutex::default(),
        }))
    }
}

impl Leases {
    /// Sends the statement, and again if its connection is lost.
    async fn fetch_all(&self, statement: &Statement) -> Result<Vec<PgRow>, DbErr> {
        let Ok(permit) = timeout(LEASE_WAIT_TIMEOUT, self.permits.acquire()).await else {
            return fetch_all(&mut self.take().await?.connection, statement).await;
        };
        let mut lease = self.lease().await?;
        let sent = fetch_all(&mut lease.connection, statement);
        match self.oldest.within(self.result_timeout, sent).await {
            Ok(Ok(rows)) => {
                self.keep(lease);
                drop(permit);
                Ok(rows)
            }
            Ok(Err(error)) if !is_connection_lost(&error) => Err(error),
            Ok(Err(_)) | Err(_) => {
                drop(lease.connection.detach());
                fetch_all(&mut self.take().await?.connection, statement).await
            }
        }
    }

    async fn lease(&self) -> Result<Lease, DbErr> {
        let kept = self.idle().pop();
        if let Some(mut lease) = kept {
            if self.is_usable(&mut lease).await {
                return Ok(lease);
            }
            drop(lease.connection.detach());
        }
        self.take().await
    }

    async fn is_usable(&self, lease: &mut Lease) -> bool {
        if !self.oldest.allows(lease.taken.elapsed()) {
            return false;
        }
        if lease.used.elapsed() < TRUST_PERIOD {
            return true;
        }
        let tested = lease.connection.ping();
        matches!(
            self.oldest.within(self.test_timeout, tested).await,
            Ok(Ok(()))
        )
    }

    /// Takes a connection from the pool, which tests it.
    async fn take(&self) -> Result<Lease, DbErr> {
        let connection = self.pool.acquire().await.map_err(|error| match error {
            SqlxError::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            SqlxError::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))),
        })?;
        let taken = Instant::now();
        Ok(Lease {
            connection,
            taken,
            used: taken,
        })
    }

    /// Keeps a connection whose statement has ended. One that is dropped goes back to the pool, which tests it.
    fn keep(&self, mut lease: Lease) {
        lease.used = Instant::now();
        if lease.taken.elapsed() < LEASE_LIMIT {
            self.idle().push(lease);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Lease>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch_all(
    connection: &mut PgConnection,
    statement: &Statement,
) -> Result<Vec<PgRow>, DbErr> {
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    let sql = AssertSqlSafe(statement.sql.as_str());
    let query = query_with(sql, SqlxValues(values));
    let rows = query.fetch_all(connection).await;
    rows.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))
}

/// The span of a statement, as `SeaORM` opens it for its own connections.
fn span(statement: &Statement) -> Span {
    let operation = statement.sql.split(' ').next();
    tracing::info_span!(
        target: TRACED,
        "sea_orm.query_all",
        otel.kind = "client",
        db.system = "postgresql",
        db.operation = operation,
        db.statement = statement.sql,
        otel.status_code = tracing::field::Empty,
        exception.message = tracing::field::Empty,
    )
}

async fn fetch_traced(leases: &Leases, statement: &Statement) -> Result<Vec<PgRow>, DbErr> {
    let span = span(statement);
    let result = leases.fetch_all(statement).instrument(span.clone()).await;
    match &result {
        Ok(_) => span.record("otel.status_code", "OK"),
        Err(error) => span
            .record("otel.status_code", "ERROR")
            .record("exception.message", tracing::field::display(error)),
    };
    result
}

#[async_trait]
impl ConnectionTrait for RetryingConnection {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(connection) => connection.get_database_backend(),
            Self::Leases(_) => DbBackend::Postgres,
        }
    }

    /// Statements without rows are sent once.
    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(connection) => connection.execute_raw(statement).await,
            Self::Leases(leases) => leases.connection.execute_raw(statement).await,
        }
    }

    /// Statements without rows are sent once.
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(connection) => connection.execute_unprepared(sql).await,
            Self::Leases(leases) => leases.connection.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(connection) => connection.query_one_raw(statement).await,
            Self::Leases(leases) => {
                let rows = fetch_traced(leases, &statement).await?;
                Ok(rows.into_iter().next().map(Into::into))
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(connection) => connection.query_all_raw(statement).await,
            Self::Leases(leases) => {
                let rows = fetch_traced(leases, &statement).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
        }
    }
}
