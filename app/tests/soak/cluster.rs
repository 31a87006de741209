//! Three instances with a primary and a synchronous standby, and the faults of this cluster.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use harness::servers::{PgBouncer, PostgresServer};
use harness::{Process, TcpProxy, Visitor, connect};
use sea_orm::{ConnectionTrait as _, DatabaseConnection};

use crate::load::Addresses;

const SYNCHRONOUS: &str = "ALTER SYSTEM SET synchronous_standby_names = '*'";
const ASYNCHRONOUS: &str = "ALTER SYSTEM RESET synchronous_standby_names";
const RELOAD: &str = "SELECT pg_reload_conf()";

/// The first version of PgBouncer that supports prepared statements in transaction mode.
const POOLER_VERSION: (u32, u32) = (1, 21);

/// The duration of a stalled network and of a full disk.
const FAULT_DURATION: Duration = Duration::from_secs(4);

/// A small file system in memory, which can be filled.
pub(crate) struct Disk(PathBuf);

pub(crate) struct Cluster {
    addresses: Addresses,
    pub(crate) instances: Vec<Process>,
    to_primary: TcpProxy,
    to_standby: TcpProxy,
    pooler: PgBouncer,
    primary: PostgresServer,
    standby: PostgresServer,
    /// Dropped last.
    disk: Disk,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    KilledInstance,
    RestartedInstance,
    CutConnections,
    StalledNetwork,
    LostConnections,
    KilledPooler,
    FullDisk,
    Promotion,
    CrashedPrimary,
}

impl Fault {
    pub(crate) const ALL: [Self; 9] = [
        Self::KilledInstance,
        Self::CutConnections,
        Self::Promotion,
        Self::RestartedInstance,
        Self::StalledNetwork,
        Self::KilledPooler,
        Self::LostConnections,
        Self::FullDisk,
        Self::CrashedPrimary,
    ];
}

impl Disk {
    /// Needs root.
    fn mount() -> Self {
        let folder = std::env::temp_dir().join(format!("soak_{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).expect("a folder");
        let disk = Self(folder);
        let options = ["-t", "tmpfs", "-o", "size=700m,mode=755", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(&disk.0).status();
        assert!(
            mounted.expect("mount runs").success(),
            "run the soak test as root"
        );
        disk
    }

    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("a file");
        let block = vec![0; 1 << 16];
        while file.write_all(&block).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).expect("a file");
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
        drop(std::fs::remove_dir(&self.0));
    }
}

impl Cluster {
    pub(crate) async fn start(addresses: Addresses) -> Self {
        let disk = Disk::mount();
        let primary = PostgresServer::primary_in(disk.path());
        let standby = primary.standby();
        execute(&primary, &[SYNCHRONOUS, RELOAD]).await;
        let mut to_primary = TcpProxy::closed(&primary.url("postgres"));
        let mut to_standby = TcpProxy::closed(&standby.url("postgres"));
        to_primary.open();
        to_standby.open();
        let mode = if PgBouncer::version() >= Some(POOLER_VERSION) {
            "pool_mode = transaction\nmax_prepared_statements = 200"
        } else {
            "pool_mode = session"
        };
        // By default PgBouncer waits 15 s before it connects again to a server that has refused a connection.
        let settings = [mode, "server_login_retry = 1"];
        let pooler = PgBouncer::start_at(to_primary.port(), &settings);
        let mut cluster = Self {
            addresses,
            instances: Vec::new(),
            to_primary,
            to_standby,
            pooler,
            primary,
            standby,
            disk,
        };
        for index in 0..3 {
            let instance = cluster.serve(index).await;
            cluster.addresses.set(index, &instance.url);
            cluster.instances.push(instance);
        }
        cluster
    }

    /// The first instance reads from the standby too, the last one uses the pooler.
    async fn serve(&self, index: usize) -> Process {
        let database = if index == 2 {
            self.pooler.url("postgres")
        } else {
            self.to_primary.url.clone()
        };
        let mut settings = vec![("DATABASE_URL", &*database), ("PAGE_CACHE_BYTES", "4MiB")];
        if index == 0 {
            settings.push(("DATABASE_READ_URL", &self.to_standby.url));
        }
        Process::serve(&settings).await
    }

    async fn restart(&mut self, index: usize, signal: &str) {
        self.instances[index].signal(signal);
        self.instances[index].exit(Duration::from_secs(30)).await;
        self.instances[index] = self.serve(index).await;
        self.addresses.set(index, &self.instances[index].url);
    }

    /// Causes the fault, and ends it unless it ends by itself.
    pub(crate) async fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::KilledInstance => self.restart(1, "KILL").await,
            Fault::RestartedInstance => self.restart(2, "TERM").await,
            Fault::CutConnections => {
                let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = 'postgres' AND pid <> pg_backend_pid()";
                execute(&self.primary, &[cut]).await;
            }
            Fault::StalledNetwork => {
                self.to_primary.stall();
                tokio::time::sleep(FAULT_DURATION).await;
                self.to_primary.resume();
            }
            Fault::LostConnections => self.to_primary.blackhole_connections(),
            Fault::KilledPooler => self.pooler.restart(),
            Fault::FullDisk => {
                self.disk.fill();
                tokio::time::sleep(FAULT_DURATION).await;
                self.disk.free();
                for server in [&self.primary, &self.standby] {
                    if !server.is_running() {
                        server.start();
                    }
                }
            }
            Fault::Promotion => self.promote().await,
            Fault::CrashedPrimary => {
                self.primary.crash();
                self.primary.start();
            }
        }
    }

    /// Replaces the primary by its standby, and the standby by a new one.
    async fn promote(&mut self) {
        self.primary.crash();
        self.standby.promote();
        execute(&self.standby, &[ASYNCHRONOUS, RELOAD]).await;
        self.to_primary.forward_to(&self.standby.url("postgres"));
        let standby = self.standby.standby();
        let promoted = std::mem::replace(&mut self.standby, standby);
        self.primary = promoted;
        self.to_standby.forward_to(&self.standby.url("postgres"));
        execute(&self.primary, &[SYNCHRONOUS, RELOAD]).await;
    }

    /// Waits until every instance is ready; `None` after a minute.
    pub(crate) async fn wait_until_ready(&self) -> Option<Duration> {
        let started = Instant::now();
        for instance in &self.instances {
            while status(&instance.visitor()).await != Some(200) {
                if started.elapsed() > Duration::from_mins(1) {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Some(started.elapsed())
    }

    pub(crate) async fn database(&self) -> DatabaseConnection {
        connect(&self.primary.url("postgres")).await
    }
}

async fn status(visitor: &Visitor) -> Option<u16> {
    let response = visitor
        .request(reqwest::Method::GET, "/readyz")
        .send()
        .await;
    response.ok().map(|response| response.status().as_u16())
}

async fn execute(server: &PostgresServer, statements: &[&str]) {
    let db = connect(&server.url("postgres")).await;
    for sql in statements {
        db.execute_unprepared(sql).await.expect(sql);
    }
    db.close().await.expect("closed");
}
