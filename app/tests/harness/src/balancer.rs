//! HAProxy in front of several instances.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::sign_in::free_port;
use crate::visitor::Visitor;
use crate::wait::{TIMEOUT, eventually};

/// Checks the readiness of each instance five times a second. A request is retried on another
/// instance if no byte of a response has arrived, also a form: its submission key inserts it only once.
const SETTINGS: &str = "
defaults
    mode http
    timeout connect 5s
    timeout check 5s
    timeout client 1m
    timeout server 1m
    timeout queue 5s
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response
    option forwardfor
backend instances
    balance roundrobin
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    http-response set-header x-instance %s
    default-server check inter 200ms fall 2 rise 1
";

/// HAProxy, which gives each request to the next instance; killed when it is dropped.
pub struct HaProxy {
    pub port: u16,
    instances: usize,
    process: Child,
    file: PathBuf,
}

impl HaProxy {
    /// Starts HAProxy in front of the instances at these ports; it adds the header `x-instance` to each response.
    pub async fn start(instances: &[u16]) -> Self {
        let port = free_port();
        let file = std::env::temp_dir().join(format!("haproxy_{:016x}", rand::random::<u64>()));
        fs::write(&file, configuration(port, instances)).expect("a file");
        let balancer = Self {
            port,
            instances: instances.len(),
            process: start_haproxy(&file),
            file,
        };
        eventually("HAProxy listens", TIMEOUT, async || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        })
        .await;
        balancer
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url())
    }

    /// Waits until each instance in turn responds with 200.
    pub async fn wait_for_all(&self) {
        let visitor = self.visitor();
        eventually("all instances serve", TIMEOUT, async || {
            let mut served = Vec::new();
            for _ in 0..self.instances {
                let response = visitor.get("/readyz").await;
                if response.status.as_u16() == 200 {
                    served.push(response.header("x-instance").to_owned());
                }
            }
            served.sort();
            served.dedup();
            (served.len() == self.instances).then_some(())
        })
        .await;
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        drop(fs::remove_file(&self.file));
    }
}

fn configuration(port: u16, instances: &[u16]) -> String {
    let mut text = SETTINGS.to_owned();
    for (index, instance) in instances.iter().enumerate() {
        let _ = writeln!(text, "    server instance{index} 127.0.0.1:{instance}");
    }
    let _ = write!(
        text,
        "frontend site\n    bind 127.0.0.1:{port}\n    default_backend instances\n"
    );
    text
}

fn start_haproxy(file: &Path) -> Child {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    let program = std::env::var_os("TEST_HAPROXY");
    let program = program.expect("TEST_HAPROXY is not set: `cargo xtask test` sets it");
    Command::new(program)
        .args(["-q", "-db", "-f"])
        .arg(file)
        .stdout(Stdio::null())
        .spawn()
        .expect("HAProxy starts")
}
