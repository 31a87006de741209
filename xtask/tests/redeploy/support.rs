//! A package for each version, the site that runs from it, and a visitor who requests its page continuously.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use duct::cmd;
use tempfile::TempDir;

const START_SCRIPT: &str = include_str!("../../src/package/startup.sh");
const STUB_SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/redeploy/stub_site.rs");
const KUDUSYNC: [&str; 5] = [
    "exec",
    "--yes",
    "--package=kudusync@0.2.3",
    "--",
    "kudusync",
];

/// Copies a version with the real kudusync; `None` where npm is missing or cannot download it.
pub(crate) fn kudusync() -> Option<impl Fn(&Deployment, &str) -> Result<(), String>> {
    let help = cmd("npm", KUDUSYNC.iter().chain(&["--help"]));
    help.stdout_null().stderr_null().run().ok()?;
    Some(|deployment: &Deployment, version: &str| {
        let path = |name: &str| deployment.folder.path().join(name).display().to_string();
        let (from, to, manifest) = (path(version), path("wwwroot"), path("manifest"));
        let arguments = ["-f", &from, "-t", &to, "-p", &manifest, "-n", &manifest];
        let run = cmd("npm", KUDUSYNC.iter().chain(&arguments));
        let output = run.stdout_capture().stderr_to_stdout().unchecked().run();
        let output = output.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(()).ok_or(text)
    })
}

/// The packages and the folder of the site.
pub(crate) struct Deployment {
    folder: TempDir,
}

impl Deployment {
    /// Compiles a stub of the app for each version.
    pub(crate) fn new(versions: &[&str]) -> Self {
        let deployment = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(deployment.wwwroot()).unwrap();
        fs::create_dir(deployment.local_disk()).unwrap();
        fs::write(deployment.folder.path().join("manifest"), "").unwrap();
        for version in versions {
            let package = deployment.package(version);
            fs::create_dir(&package).unwrap();
            fs::write(package.join("startup.sh"), START_SCRIPT).unwrap();
            fs::write(package.join("version.txt"), format!("{version}\n")).unwrap();
            let app = package.join("app");
            let rustc = cmd!("rustc", "--edition=2024", "-o", app, STUB_SITE);
            rustc.env("SITE_VERSION", version).run().unwrap();
        }
        deployment
    }

    pub(crate) fn package(&self, version: &str) -> PathBuf {
        self.folder.path().join(version)
    }

    pub(crate) fn wwwroot(&self) -> PathBuf {
        self.folder.path().join("wwwroot")
    }

    fn local_disk(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// Starts the site with the start command of `infra/web.bicep`.
    pub(crate) fn start(&self) -> Site {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let site = Command::new("sh")
            .args(["-c", "exec sh startup.sh"])
            .current_dir(self.wwwroot())
            .env("PORT", port.to_string())
            .env("TMPDIR", self.local_disk())
            .stderr(Stdio::piped())
            .spawn();
        Site {
            process: site.unwrap(),
            port,
        }
    }
}

/// A running site; dropping it kills it.
pub(crate) struct Site {
    process: Child,
    pub(crate) port: u16,
}

impl Site {
    /// The response of the site, once there is one.
    pub(crate) fn wait(&self) -> String {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if let Some(response) = get(self.port) {
                return response;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the site does not respond");
    }

    /// Ends the site and returns what it wrote to standard error.
    pub(crate) fn stop(mut self) -> String {
        self.process.kill().unwrap();
        let mut log = String::new();
        let stderr = self.process.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Requests the page of the site continuously.
pub(crate) struct Visitor {
    is_stopped: Arc<AtomicBool>,
    responses: JoinHandle<Vec<String>>,
}

impl Visitor {
    pub(crate) fn start(port: u16) -> Self {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_stopped);
        let responses = thread::spawn(move || {
            let mut responses = Vec::new();
            while !flag.load(Ordering::Relaxed) {
                responses.push(get(port).unwrap_or_else(|| "no response".to_owned()));
                thread::sleep(Duration::from_millis(2));
            }
            responses
        });
        // Some requests before the deployment begins.
        thread::sleep(Duration::from_millis(200));
        Self {
            is_stopped,
            responses,
        }
    }

    /// Every response so far, with some from after the deployment.
    pub(crate) fn stop(self) -> Vec<String> {
        thread::sleep(Duration::from_millis(200));
        self.is_stopped.store(true, Ordering::Relaxed);
        self.responses.join().unwrap()
    }
}

/// The body of the page; `None` where the response is missing or incomplete.
fn get(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: site\r\n\r\n")
        .ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}
