//! One run of the site: start, health check, stop.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use duct::{Expression, Handle};

use super::machine;
use crate::process::{Supervisor, sheltered};

/// App Service's own limit for a start.
const START_LIMIT: Duration = Duration::from_secs(230);
const PAUSE: Duration = Duration::from_millis(20);

/// How a run went.
pub(super) struct Run {
    /// Until the health check was good.
    pub(super) start: Duration,
    /// From SIGTERM until the program was gone.
    pub(super) stop: Duration,
    pub(super) exit_code: i32,
}

/// A site that runs; dropping it kills it.
pub(super) struct Site {
    handle: Handle,
    port: u16,
    since: Instant,
}

impl Site {
    /// Starts the program; all that it prints goes to the file `log`.
    pub(super) fn start(program: &Expression, port: u16, log: &Path) -> Result<Self> {
        let program = program.stderr_to_stdout().stdout_path(log);
        Ok(Self {
            since: Instant::now(),
            handle: sheltered(&program).unchecked().start()?,
            port,
        })
    }

    /// Waits for the health check, visits the first page, and stops the site.
    ///
    /// # Errors
    /// When the site ends by itself, never becomes healthy, or does not stop in time.
    pub(super) fn visit(
        self,
        health: &str,
        stop_limit: Duration,
        supervisor: &Supervisor,
    ) -> Result<Run> {
        self.wait_until_healthy(health, supervisor)?;
        let start = self.since.elapsed();
        let status = self.status("/");
        ensure!(status == Some(200), "/ answers {status:?} instead of 200");
        let since = Instant::now();
        machine::signal("-TERM", self.leader())?;
        let exit_code = loop {
            if let Some(output) = self.handle.try_wait()? {
                break output.status.code().unwrap_or(-1);
            }
            ensure!(
                since.elapsed() < stop_limit,
                "still there {} s after SIGTERM, when App Service kills it",
                stop_limit.as_secs()
            );
            thread::sleep(PAUSE);
        };
        Ok(Run {
            start,
            stop: since.elapsed(),
            exit_code,
        })
    }

    fn wait_until_healthy(&self, health: &str, supervisor: &Supervisor) -> Result<()> {
        while self.status(health) != Some(200) {
            if let Some(output) = self.handle.try_wait()? {
                bail!("the site ended before it was healthy: {}", output.status);
            }
            ensure!(!supervisor.is_interrupted(), "interrupted");
            ensure!(
                self.since.elapsed() < START_LIMIT,
                "{health} answers {:?} after {} s, when App Service gives up",
                self.status(health),
                START_LIMIT.as_secs()
            );
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// The status of a page; `None` where nobody answers.
    fn status(&self, path: &str) -> Option<u16> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        line.split(' ').nth(1)?.parse().ok()
    }

    fn leader(&self) -> u32 {
        self.handle.pids().first().copied().unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if matches!(self.handle.try_wait(), Ok(None)) {
            machine::signal("-KILL", self.leader()).ok();
            self.handle.wait().ok();
        }
    }
}
