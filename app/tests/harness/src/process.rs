//! The app binary as a process.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::visitor::Visitor;
use super::wait::{TIMEOUT, eventually};

/// A process `app serve` with its own settings, killed when it is dropped.
pub struct Process {
    pub url: String,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    _folder: Folder,
}

/// An empty folder, so that no `.env` is found; removed when it is dropped.
struct Folder(PathBuf);

impl Process {
    /// Starts the site on a free port and waits until it listens.
    pub async fn serve(settings: &[(&str, &str)]) -> Self {
        Self::serve_with(&[], settings).await
    }

    /// Starts the site with these arguments, as `serve --no-migrate`.
    pub async fn serve_with(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::start(0, arguments, settings).await
    }

    /// Starts the site on this port and waits until it listens.
    pub async fn serve_on(port: u16, settings: &[(&str, &str)]) -> Self {
        Self::start(port, &[], settings).await
    }

    async fn start(port: u16, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let folder = Folder::create();
        let mut command = command(&folder, arguments, settings);
        let mut child = command
            .env("PORT", port.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the app starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let log = Arc::<Mutex<Vec<String>>>::default();
        let lines = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                lines.lock().expect("no panic while held").push(line);
            }
        });
        let mut process = Self {
            url: String::new(),
            child,
            log,
            _folder: folder,
        };
        let listening = process.wait_for_log("listening").await;
        process.url = format!("http://{}", listening["address"].as_str().expect("a text"));
        process
    }

    /// Starts the process and waits until the database is ready too.
    pub async fn serve_ready(settings: &[(&str, &str)]) -> Self {
        let process = Self::serve(settings).await;
        process.wait_for_log("the database is ready").await;
        process
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// Every log line so far, as it was written.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.lock().expect("no panic while held").clone()
    }

    /// Every log line so far; each is one JSON object.
    pub fn log(&self) -> Vec<Value> {
        let lines = self.log_lines();
        let parsed = lines
            .iter()
            .map(|line| serde_json::from_str(line).expect(line));
        parsed.collect()
    }

    /// Waits for a log line with this message and returns it.
    pub async fn wait_for_log(&self, message: &str) -> Value {
        eventually(message, TIMEOUT, async || {
            self.log()
                .into_iter()
                .find(|line| line["message"] == message)
        })
        .await
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// Waits until the process has ended.
    pub async fn exit(&mut self, within: Duration) -> ExitStatus {
        let child = &mut self.child;
        eventually("the process ends", within, async || {
            child.try_wait().expect("a status")
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the binary to its end.
pub async fn run_app(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let folder = Folder::create();
    let mut command = command(&folder, arguments, settings);
    let finished = tokio::task::spawn_blocking(move || command.output());
    finished.await.expect("no panic").expect("the app runs")
}

/// The built `app` binary: Cargo puts it into the folder above that of the test executable.
pub(crate) fn app_binary() -> PathBuf {
    let name = format!("app{}", std::env::consts::EXE_SUFFIX);
    target_folder(2).join(name)
}

/// The folder so many levels above the test executable, which is `target/<profile>/deps/<name>`.
pub(crate) fn target_folder(levels: usize) -> PathBuf {
    let executable = std::env::current_exe().expect("the path of the test executable");
    let folder = executable.ancestors().nth(levels);
    folder.expect("an executable of Cargo").to_owned()
}

fn command(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(app_binary());
    command
        .args(arguments)
        .env_clear()
        // Tests write by SQL and break the database, of which the cache knows nothing.
        .env("PAGE_CACHE_BYTES", "0")
        .envs(settings.iter().copied())
        .current_dir(&folder.0);
    command
}

impl Folder {
    fn create() -> Self {
        let path = std::env::temp_dir().join(format!("app_{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
