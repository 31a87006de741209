//! An instance of the app as a process.

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use super::log::Log;
use crate::process::app_binary;

/// Ports below those that the system gives to outgoing connections, so that none is taken by chance.
const FIRST_PORT: u16 = 15_000;
const PORTS: u16 = 15_000;

/// One process of the program; killed when it is dropped.
pub struct App {
    child: Child,
    pub port: u16,
}

/// Variables of the program's environment, which has no other.
pub(crate) type Settings = Vec<(String, String)>;

impl App {
    /// Starts it on this port and waits until its database is ready.
    pub async fn start(settings: &Settings, port: u16, log: &Log) -> Self {
        let start = log.line_count();
        let mut child = command(settings)
            .env("PORT", port.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        log.follow(child.stderr.take().expect("its errors"));
        log.follow(child.stdout.take().expect("its output"));
        log.wait_for(start, |line| line.message() == "the database is ready")
            .await;
        Self { child, port }
    }

    /// The peak of its memory since [`Self::reset_peak_memory`], and its memory now; on Linux only.
    pub fn memory(&self) -> Option<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            let kibibytes = line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
            Some(kibibytes * 1024)
        };
        Some(Memory {
            peak: field("VmHWM:")?,
            now: field("VmRSS:")?,
        })
    }

    pub fn reset_peak_memory(&self) {
        // Without this file there is no peak either.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }
}

impl App {
    /// Stops it as SIGTERM does, so that its last log lines are written.
    pub fn stop(mut self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill runs");
        self.child.wait().expect("its end");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub peak: u64,
    pub now: u64,
}

/// Runs the program until it ends by itself, because it rejects its settings.
pub fn run_to_end(settings: &Settings) -> Output {
    command(settings).output().expect("the program runs")
}

/// A port that this process gives out once.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() * 97 % u32::from(PORTS)).expect("a remainder");
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST_PORT + start.wrapping_add(next) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn command(settings: &Settings) -> Command {
    let mut command = Command::new(app_binary());
    let settings = settings.iter().filter(|(_, value)| !value.is_empty());
    command
        .env_clear()
        .envs(settings.map(|(name, value)| (name, value)))
        .current_dir(std::env::temp_dir());
    command
}
