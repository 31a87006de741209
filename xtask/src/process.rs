//! Child processes in the foreground and in the background, ended on Ctrl+C, SIGTERM or SIGHUP.

use std::io::{self, BufRead as _, BufReader};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use anyhow::{Context, Result, bail, ensure};
use duct::{Expression, ReaderHandle};

use crate::platform;

/// Whether one of the signals has arrived.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The running program, which leads a process group; 0 for none.
static LEADER: AtomicU32 = AtomicU32::new(0);

/// Passes Ctrl+C, SIGTERM and SIGHUP on to the running program, so that xtask itself can clean up. A second signal kills
/// the program.
pub(crate) fn handle_signals() -> Result<()> {
    #[cfg(windows)]
    platform::end_children_with_this_process()?;
    let handler = || end_program(INTERRUPTED.swap(true, SeqCst));
    ctrlc::set_handler(handler).context("cannot handle Ctrl+C")
}

pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(SeqCst)
}

/// Runs a program to its end, its output shown, and says whether it succeeded.
///
/// # Errors
/// When it cannot be started, or when xtask was interrupted.
pub(crate) fn run(program: &Expression) -> Result<bool> {
    let handle = in_own_process_group(program).unchecked().start()?;
    let output = supervise(&handle.pids(), || handle.wait())?;
    Ok(output.status.success())
}

/// Runs a program to its end, passes each line of its standard output to `line`, and says whether it succeeded.
///
/// # Errors
/// When it cannot be started, or when xtask was interrupted.
pub(crate) fn run_lines(program: &Expression, mut line: impl FnMut(&str)) -> Result<bool> {
    let output = in_own_process_group(program).unchecked().reader()?;
    let output = supervise(&output.pids(), || {
        for bytes in BufReader::new(&output).split(b'\n') {
            line(String::from_utf8_lossy(&bytes?).trim_end_matches('\r'));
        }
        output.try_wait()
    })?;
    Ok(output.is_some_and(|output| output.status.success()))
}

/// Passes signals on to a program while this waits for it.
fn supervise<T>(pids: &[u32], wait: impl FnOnce() -> io::Result<T>) -> Result<T> {
    LEADER.store(pids.first().copied().unwrap_or_default(), SeqCst);
    if is_interrupted() {
        end_program(false);
    }
    let outcome = wait();
    LEADER.store(0, SeqCst);
    ensure!(!is_interrupted(), "interrupted");
    Ok(outcome?)
}

fn end_program(kill: bool) {
    match LEADER.load(SeqCst) {
        0 => {}
        leader => platform::end_process_group(leader, kill),
    }
}

/// Runs a program to its end and returns what it printed.
///
/// # Errors
/// With what it wrote to its standard error, when it fails.
pub(crate) fn read(program: &Expression) -> Result<String> {
    let output = program
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", message.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program in the background; killed with all that it has started when this is dropped.
pub(crate) struct BackgroundProcess(ReaderHandle);

impl BackgroundProcess {
    pub(crate) fn start(program: &Expression) -> Result<Self> {
        Ok(Self(in_own_process_group(program).unchecked().reader()?))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.pids().first().copied().unwrap_or_default()
    }

    /// `None` while it runs.
    pub(crate) fn exit_code(&self) -> Result<Option<i32>> {
        let output = self.0.try_wait()?;
        Ok(output.map(|output| output.status.code().unwrap_or(-1)))
    }

    /// Asks it and all that it has started to exit, and waits until it has. Windows can only kill it.
    ///
    /// # Errors
    /// When xtask was interrupted.
    pub(crate) fn stop(&self) -> Result<()> {
        supervise(&self.0.pids(), || {
            #[cfg(unix)]
            if !is_interrupted() {
                platform::end_process_group(self.pid(), false);
            }
            #[cfg(windows)]
            self.0.kill().ok();
            io::copy(&mut &self.0, &mut io::sink())
        })
        .map(drop)
    }

    /// Reads its standard output until `is_last` returns `true` for a line.
    ///
    /// # Errors
    /// When it ends before that.
    pub(crate) fn read_until(&self, mut is_last: impl FnMut(&str) -> bool) -> Result<()> {
        let mut lines = BufReader::new(&self.0).lines();
        while let Some(line) = lines.next().transpose()? {
            if is_last(line.trim_end_matches('\r')) {
                return Ok(());
            }
        }
        bail!("it exited at once")
    }
}

impl Drop for BackgroundProcess {
    fn drop(&mut self) {
        #[cfg(unix)]
        platform::end_process_group(self.pid(), true);
        // An error means that it has exited already.
        self.0.kill().ok();
        // The end of its output is the end of the process.
        io::copy(&mut &self.0, &mut io::sink()).ok();
    }
}

/// The program without standard input, in a process group that Ctrl+C in the terminal does not reach.
pub(crate) fn in_own_process_group(program: &Expression) -> Expression {
    program.stdin_null().before_spawn(|command| {
        platform::lead_process_group(command);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use duct::cmd;

    use super::{BackgroundProcess, run, run_lines};

    #[test]
    fn each_line_of_the_output_is_passed_on() {
        let mut lines = Vec::new();
        let git = cmd!("git", "--version");
        assert!(run_lines(&git, |line| lines.push(line.to_owned())).unwrap());
        assert!(
            lines.len() == 1 && lines[0].starts_with("git version"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_failing_program_is_no_error() {
        let git = cmd!("git", "no-such-command").stderr_null();
        assert!(!run(&git).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_background_process_is_killed_when_dropped() {
        let script = "echo first; echo $$; exec sleep 600";
        let process = BackgroundProcess::start(&cmd!("sh", "-c", script)).unwrap();
        let mut pid = String::new();
        let second_line = |line: &str| {
            line.clone_into(&mut pid);
            line != "first"
        };
        process.read_until(second_line).unwrap();
        let is_running = || {
            let probe = cmd!("sh", "-c", "kill -0 $0", &pid).stderr_null();
            probe.unchecked().run().unwrap().status.success()
        };
        assert!(is_running());
        drop(process);
        assert!(!is_running());
    }

    #[cfg(unix)]
    #[test]
    fn a_background_process_can_finish_when_it_is_asked_to_exit() {
        // A signal that arrives while the shell starts a program may not reach that program, which therefore ends by itself.
        let script = "trap 'exit 3' TERM; echo ready; while true; do sleep 0.1; done";
        let process = BackgroundProcess::start(&cmd!("sh", "-c", script)).unwrap();
        process.read_until(|_| true).unwrap();
        process.stop().unwrap();
        assert_eq!(process.exit_code().unwrap(), Some(3));
    }

    #[test]
    fn a_background_process_that_exits_too_early_is_an_error() {
        let process = BackgroundProcess::start(&cmd!("git", "--version")).unwrap();
        let error = process.read_until(|_| false).unwrap_err();
        assert_eq!(error.to_string(), "it exited at once");
    }
}
