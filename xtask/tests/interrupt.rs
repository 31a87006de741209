//! Ctrl+C, SIGTERM and SIGHUP while a command runs another program.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use duct::cmd;

/// A `curl` that starts another program and waits for it.
const SLOW_CURL: &str = "#!/bin/sh\nsleep 600 &\necho $! > \"$PIDS\"\nwait\n";

#[test]
fn an_interrupt_ends_a_program_and_its_children() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let folder = tempfile::tempdir().unwrap();
        let (curl, pids) = (folder.path().join("curl"), folder.path().join("pids"));
        fs::write(&curl, SLOW_CURL).unwrap();
        fs::set_permissions(&curl, Permissions::from_mode(0o755)).unwrap();
        let xtask = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["hook", "postdeploy"])
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .env("PIDS", &pids)
            .env("WEB_URI", "http://localhost")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let child = || fs::read_to_string(&pids).unwrap_or_default();
        wait_until(|| child().ends_with('\n'));
        cmd!("kill", signal, xtask.id().to_string()).run().unwrap();
        let output = xtask.wait_with_output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text, "error: interrupted\n");
        let probe = cmd!("kill", "-0", child().trim()).stderr_null().unchecked();
        wait_until(|| !probe.run().unwrap().status.success());
    }
}

fn wait_until(is_met: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_met() {
        assert!(since.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(20));
    }
}
