//! The database connection, its migrations and its readiness. The site listens before the database is reached.

mod columns;
mod connect_error;
mod entra;
mod incompatible;
mod pool;
mod pooler;
mod readiness;
mod retrying;
mod replica;
mod transaction;
mod unavailable;

pub use columns::Columns;
pub use entra::database_token;
pub use readiness::NotReady;
pub use retrying::RetryingConnection;
pub use transaction::begin_write;
pub use unavailable::is_unavailable;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use migrations::{Migrator, MigratorTrait as _, ensure_session_table};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, DatabaseConfig, DatabaseTarget};
use entra::EntraPassword;
use incompatible::{Incompatible, ensure_compatible};
use pool::{OldestConnection, Pools, open_postgres, open_sqlite};
use pooler::Pooling;
use replica::Replica;
use unavailable::{error_code, is_not_primary};

/// The pause between two attempts to reach and migrate the database.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Analyzes the tables of the schema alone: `ANALYZE` without a list takes in the catalogs that all databases
/// of a server share, and waits for others that do the same.
const ANALYZE_TABLES: &str = "
    SET LOCAL statement_timeout = 0;
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT oid FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'
        LOOP EXECUTE 'ANALYZE ' || name; END LOOP;
    END $$";
/// The pause after an incompatibility, which only an operator can resolve.
const INCOMPATIBLE_PAUSE: Duration = Duration::from_mins(1);

/// Between two checks that a pooler still supports prepared statements.
const POOLER_PAUSE: Duration = Duration::from_secs(5);

/// How often the same cause of a failing migration is logged.
const SAME_CAUSE_PAUSE: Duration = Duration::from_mins(1);

/// Advisory lock of the instance that migrates; the others wait for it. The number is arbitrary.
const MIGRATION_LOCK: i64 = 0x7265_7374_6175_7261;

/// What to do with pending migrations at start-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingMigrations {
    Apply,
    /// Wait until another process has applied them.
    Await,
}

/// The connection pools, those of the replicas, and whether the schema is known to be that of this build.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    /// Connections of the same pool with PostgreSQL.
    readers: RetryingConnection,
    replicas: Arc<[Replica]>,
    config: Arc<DatabaseConfig>,
    /// `None` where the server does not require Entra tokens.
    entra: Option<Arc<EntraPassword>>,
    /// Why no request can be served; `None` once the schema has been brought up to this build.
    not_ready: Arc<watch::Sender<Option<NotReady>>>,
    /// Whether the server has been seen to accept writes.
    has_been_primary: Arc<AtomicBool>,
    /// Whether a pooler in transaction mode is in front of the server.
    is_pooled: Arc<AtomicBool>,
    oldest_connection: OldestConnection,
    /// Whether sign-in is configured, which needs the table `session`.
    has_sessions: bool,
}

impl Database {
    /// Prepares the pools; the first query connects.
    ///
    /// # Errors
    /// When an SQLite file cannot be opened, or there is neither a password nor a managed identity.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let database = &config.database;
        let oldest_connection = OldestConnection::default();
        let (pools, entra, replicas) = match &database.target {
            DatabaseTarget::Sqlite(options) => {
                (open_sqlite(database, options)?, None, Arc::default())
            }
            DatabaseTarget::Postgres { primary, replicas } => {
                let open = |options, oldest: &OldestConnection| {
                    let pool = open_postgres(database, options, oldest.clone());
                    let lease = RetryingConnection::new(database, pool.clone(), oldest.clone());
                    (pool, lease)
                };
                let (pool, readers) = open(primary, &oldest_connection);
                // A replica that does not respond says nothing of the primary's connections.
                let (replica_pools, leases): (Vec<_>, Vec<_>) = replicas
                    .iter()
                    .map(|options| open(options, &OldestConnection::default()))
                    .unzip();
                let entra = EntraPassword::from_config(config, &pool, &replica_pools)?;
                let connection = pool.into();
                let pools = Pools {
                    connection,
                    readers,
                };
                let replicas = leases.into_iter().zip(replica_pools);
                let replicas = replicas.map(|(lease, pool)| Replica::new(lease, pool));
                (pools, entra, replicas.collect())
            }
        };
        Ok(Self {
            connection: pools.connection,
            readers: pools.readers,
            replicas,
            config: Arc::new(database.clone()),
            entra: entra.map(Arc::new),
            not_ready: Arc::new(watch::Sender::new(Some(NotReady::Starting))),
            has_been_primary: Arc::default(),
            is_pooled: Arc::default(),
            oldest_connection,
            has_sessions: config.sign_in.is_some(),
        })
    }

    /// The pool for statements that write. A connection is tested before it is used.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// For statements that only read.
    pub fn readers(&self) -> &RetryingConnection {
        &self.readers
    }

    /// For the insertion of a row, which may be sent twice if the row has a key.
    pub fn inserter(&self, has_key: bool) -> RetryingConnection {
        match &self.readers {
            RetryingConnection::Leases(_) if has_key => self.readers.clone(),
            _ => RetryingConnection::Pool(self.connection.clone()),
        }
    }

    /// A replica that is at most `lag` behind, and an instant whose data it has at least. `None` if there is none.
    pub fn replica(&self, lag: Duration) -> Option<(&RetryingConnection, Instant)> {
        let current = self.replicas.iter().filter_map(|replica| {
            let current_at = replica.current_at(lag)?;
            Some((&replica.connection, current_at))
        });
        let current: Vec<_> = current.collect();
        let chosen = rand::random_range(0..current.len().max(1));
        current.get(chosen).copied()
    }

    /// The most that a replica may be behind; `None` where there are no replicas.
    pub fn read_lag(&self) -> Option<Duration> {
        (!self.replicas.is_empty()).then_some(self.config.settings.database_read_lag)
    }

    /// Why no request can be served, apart from the server's state at the moment. `None` once the schema has been
    /// brought up to this build.
    pub fn not_ready(&self) -> Option<NotReady> {
        *self.not_ready.borrow()
    }

    /// Applies the pending migrations, one instance at a time. Only reads where nothing is pending, as a role
    /// without further rights and a read-only database require.
    ///
    /// # Errors
    /// When there is no token, the database cannot be reached, or its server, its pooler, its tables or a newer
    /// build's changes do not suit this build.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        self.prepare(PendingMigrations::Apply).await
    }

    async fn prepare(&self, pending: PendingMigrations) -> anyhow::Result<()> {
        if let Some(entra) = &self.entra {
            entra.renew_if_due().await?;
        }
        if let Err(error) = self.connection.ping().await {
            return Err(self.connect_error(error).await);
        }
        self.ensure_statements_are_kept_apart().await?;
        ensure_compatible(&self.connection).await?;
        let is_pending = Migrator::has_pending(&self.connection).await;
        if is_pending.map_err(|error| without_source(&error))? {
            if pending == PendingMigrations::Await {
                return Err(self.refuse(NotReady::MigrationsPending));
            }
            self.apply_pending().await?;
        }
        if self.has_sessions {
            let ensured = ensure_session_table(&self.connection).await;
            ensured.map_err(|error| without_source(&error))?;
        }
        self.not_ready.send_replace(None);
        Ok(())
    }

    /// Records why no request can be served.
    fn refuse(&self, reason: NotReady) -> anyhow::Error {
        self.not_ready.send_replace(Some(reason));
        reason.into()
    }

    /// Refuses a pooler that gives requests the results of others, and stores with the role what another pooler would
    /// not pass on.
    async fn ensure_statements_are_kept_apart(&self) -> anyhow::Result<()> {
        let DatabaseTarget::Postgres { .. } = &self.config.target else {
            return Ok(());
        };
        let pool = self.connection.get_postgres_connection_pool();
        match pooler::detect(&pool.connect_options()).await? {
            Pooling::PerClient => self.is_pooled.store(false, Ordering::Release),
            Pooling::MixesUpStatements => return Err(self.refuse(NotReady::StatementsMixedUp)),
            Pooling::PerTransaction => {
                self.is_pooled.store(true, Ordering::Release);
                let store = pooler::store_statement_timeout(self.config.settings.database_timeout);
                if let Err(error) = self.connection.execute_unprepared(&store).await {
                    tracing::warn!(cause = %error, "failed to store the statement timeout with the role");
                }
            }
        }
        Ok(())
    }

    async fn apply_pending(&self) -> anyhow::Result<()> {
        let applied = async {
            let transaction = self.begin_migration().await?;
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        };
        applied.await.map_err(|error| without_source(&error))?;
        self.analyze().await;
        Ok(())
    }

    /// Collects the statistics of tables that have just been adopted or filled, without which the planner
    /// scans them until autovacuum has analyzed them. SQLite needs none for these queries.
    async fn analyze(&self) {
        if self.connection.get_database_backend() == DbBackend::Postgres
            && let Err(error) = self.connection.execute_unprepared(ANALYZE_TABLES).await
        {
            tracing::warn!(cause = %error, "failed to analyze the tables");
        }
    }

    /// Brings the schema up to this build as soon as the database can be reached, however long that takes; then
    /// keeps its token valid and watches its pooler.
    pub async fn keep_ready(self, pending: PendingMigrations) {
        self.prepare_until_ready(pending).await;
        let renewed = async {
            if let Some(entra) = &self.entra {
                entra.renew_forever().await;
            }
        };
        let watched = async {
            loop {
                self.until_not_ready().await;
                self.prepare_until_ready(pending).await;
            }
        };
        tokio::join!(renewed, watched);
    }

    async fn prepare_until_ready(&self, pending: PendingMigrations) {
        let mut logged: Option<(String, Instant)> = None;
        while let Err(error) = self.prepare(pending).await {
            self.end_start();
            let is_final = error.is::<Incompatible>();
            let cause = format!("{error:#}");
            let is_repeated = logged.as_ref().is_some_and(|(last, at)| {
                *last == cause && (is_final || at.elapsed() < SAME_CAUSE_PAUSE)
            });
            if !is_repeated {
                if is_final {
                    tracing::error!(cause, "the database is incompatible with this build");
                } else {
                    tracing::error!(cause, "failed to prepare the database; retrying");
                }
                logged = Some((cause, Instant::now()));
            }
            let pause = if is_final {
                INCOMPATIBLE_PAUSE
            } else {
                RETRY_PAUSE
            };
            tokio::time::sleep(pause).await;
        }
        tracing::info!("the database is ready");
    }

    /// Ends the start phase after the first attempt has failed: from now on requests do not wait for the database.
    fn end_start(&self) {
        self.not_ready.send_if_modified(|reason| {
            let is_starting = *reason == Some(NotReady::Starting);
            if is_starting {
                *reason = Some(NotReady::NotMigrated);
            }
            is_starting
        });
    }

    /// Returns when a request or a check has found that the pooler mixes up prepared statements.
    async fn until_not_ready(&self) {
        let mut state = self.not_ready.subscribe();
        loop {
            let refused = state.wait_for(Option::is_some);
            let is_refused = tokio::time::timeout(POOLER_PAUSE, refused).await.is_ok();
            if is_refused {
                return;
            }
            if !self.is_pooled.load(Ordering::Acquire) {
                continue;
            }
            let pool = self.connection.get_postgres_connection_pool();
            if let Ok(false) = pooler::still_supports_statements(&pool.connect_options()).await {
                self.refuse(NotReady::StatementsMixedUp);
            }
        }
    }

    /// Measures the replicas, once the database has been reached, for as long as the site runs.
    pub async fn measure_replicas(self) {
        let mut state = self.not_ready.subscribe();
        if state.wait_for(Option::is_none).await.is_err() {
            return;
        }
        let mut tasks = JoinSet::new();
        for replica in self.replicas.iter().cloned() {
            let primary = self.connection.get_postgres_connection_pool().clone();
            tasks.spawn(replica.measure_forever(primary));
        }
        tasks.join_all().await;
    }

    /// Reacts to a request's database error: discards connections to a server that is no longer the primary, and stops
    /// serving when the pooler mixes up prepared statements.
    pub fn handle_failure(&self, error: &DbErr) {
        let Some(code) = error_code(error) else {
            return;
        };
        if is_not_primary(&code) {
            self.discard_connections();
        }
        if pooler::is_mix_up(&code) {
            self.refuse(NotReady::StatementsMixedUp);
        }
    }

    fn discard_connections(&self) {
        self.oldest_connection.discard_open();
    }

    fn mark_as_primary(&self) {
        self.has_been_primary.store(true, Ordering::Release);
    }

    fn has_been_primary(&self) -> bool {
        self.has_been_primary.load(Ordering::Acquire)
    }

    async fn begin_migration(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = begin_write(&self.connection).await?;
        if self.connection.get_database_backend() == DbBackend::Postgres {
            // Rewriting a large table takes longer than a request may; waiting for its lock blocks its readers.
            for prepare in [
                "SET LOCAL statement_timeout = 0".to_owned(),
                format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"),
                "SET LOCAL lock_timeout = '10s'".to_owned(),
            ] {
                transaction.execute_unprepared(&prepare).await?;
            }
        }
        Ok(transaction)
    }
}

/// The error's text alone, because it repeats that of its source.
fn without_source(error: &DbErr) -> anyhow::Error {
    match error {
        DbErr::Migration(reason) => Incompatible(reason.clone()).into(),
        error => anyhow::anyhow!("{error}"),
    }
}
