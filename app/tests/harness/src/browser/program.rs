//! The app binary for the browser tests.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::process::app_binary;

/// The program must listen, and its database must be ready, within this time.
const START_LIMIT: Duration = Duration::from_secs(20);

/// What the environment must keep for a process to work at all.
const KEPT_VARIABLES: [&str; 2] = ["PATH", "SystemRoot"];

/// Variables of the program's environment, which has no other of the site's.
pub(crate) type Settings = [(&'static str, String)];

/// A running `app serve`; killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    url: String,
    errors: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts the site on an empty database, after `app seed` with these options if there are any.
    pub(crate) async fn start(
        database_url: &str,
        settings: &Settings,
        sample_data: &[&str],
    ) -> Self {
        if !sample_data.is_empty() {
            let seeding = command(database_url).arg("seed").args(sample_data).output();
            let seeded = seeding.expect("the program starts");
            assert!(
                seeded.status.success(),
                "{}",
                String::from_utf8_lossy(&seeded.stderr)
            );
        }
        let mut child = command(database_url)
            .args([
                "serve",
                "--log-format=json",
                "--rust-log=error,app::server=info",
            ])
            .env("PORT", "0")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let errors = Arc::default();
        let log = child.stdout.take().expect("its log is piped");
        let listening = read_log(log, Arc::clone(&errors));
        let address = listening.recv_timeout(START_LIMIT);
        let address = address.expect("the program says where it listens");
        let local = format!("http://{address}");
        wait_until_ready(&local).await;
        let base_url = settings.iter().find(|(name, _)| *name == "BASE_URL");
        Self {
            child,
            url: base_url.map_or(local, |(_, url)| url.clone()),
            errors,
        }
    }

    /// The site's origin.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Warnings and errors of its log.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.errors.lock().expect("no panic in between").clone()
    }
}

async fn wait_until_ready(url: &str) {
    app::tls::install_crypto_provider();
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let url = format!("{url}/readyz");
    let ready = async {
        while client.get(&url).send().await.expect("a response").status() != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(START_LIMIT, ready)
        .await
        .expect("the site is ready");
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The program without the settings of the person who runs the tests.
fn command(database_url: &str) -> Command {
    let kept =
        std::env::vars_os().filter(|(name, _)| KEPT_VARIABLES.iter().any(|kept| name == kept));
    let mut command = Command::new(app_binary());
    command
        .env_clear()
        .envs(kept)
        .current_dir(std::env::temp_dir())
        .arg(format!("--database-url={database_url}"));
    command
}

/// Reads the log to its end on a separate thread; sends the address as soon as it is logged.
fn read_log(log: ChildStdout, errors: Arc<Mutex<Vec<String>>>) -> mpsc::Receiver<String> {
    let (sender, listening) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["message"] == "listening" {
                sender
                    .send(entry["address"].as_str().unwrap_or_default().to_owned())
                    .ok();
            } else if entry["level"] != "INFO" {
                errors.lock().expect("no panic in between").push(line);
            }
        }
    });
    listening
}
