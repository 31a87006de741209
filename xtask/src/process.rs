//! Programs that xtask starts, and what a Ctrl-C means to them.

use std::io::{BufRead, BufReader};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use duct::Expression;

use crate::platform::{self, Ending};

/// Runs one program at a time and passes Ctrl-C, SIGTERM and SIGHUP on to it, so that xtask itself lives to tidy up.
#[derive(Clone, Default)]
pub(crate) struct Supervisor(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    interrupted: bool,
    leader: Option<u32>,
}

impl Supervisor {
    /// Takes the signals over for the rest of the process.
    pub(crate) fn install() -> Result<Self> {
        let supervisor = Self::default();
        let handler = supervisor.clone();
        ctrlc::set_handler(move || handler.interrupt()).context("cannot handle Ctrl-C")?;
        Ok(supervisor)
    }

    /// Runs a program to its end, its output shown, and says whether it succeeded.
    ///
    /// # Errors
    /// When it cannot be started, or when somebody pressed Ctrl-C.
    pub(crate) fn run(&self, program: &Expression) -> Result<bool> {
        let handle = sheltered(program).unchecked().start()?;
        self.supervise(&handle.pids());
        let succeeded = handle.wait()?.status.success();
        self.release()?;
        Ok(succeeded)
    }

    /// As `run`, and hands over each line of the program's standard output instead of showing it.
    pub(crate) fn run_lines(
        &self,
        program: &Expression,
        mut line: impl FnMut(&str),
    ) -> Result<bool> {
        let output = sheltered(program).unchecked().reader()?;
        self.supervise(&output.pids());
        for bytes in BufReader::new(&output).split(b'\n') {
            line(String::from_utf8_lossy(&bytes?).trim_end_matches('\r'));
        }
        let succeeded = output
            .try_wait()?
            .is_some_and(|output| output.status.success());
        self.release()?;
        Ok(succeeded)
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.state().interrupted
    }

    /// A second Ctrl-C does not wait any longer.
    fn interrupt(&self) {
        let mut state = self.state();
        let ending = if state.interrupted {
            Ending::Forced
        } else {
            Ending::Asked
        };
        state.interrupted = true;
        if let Some(leader) = state.leader {
            platform::end_group(leader, ending);
        }
    }

    fn supervise(&self, pids: &[u32]) {
        let mut state = self.state();
        state.leader = pids.first().copied();
        if let (true, Some(leader)) = (state.interrupted, state.leader) {
            platform::end_group(leader, Ending::Asked);
        }
    }

    fn release(&self) -> Result<()> {
        let mut state = self.state();
        state.leader = None;
        ensure!(!state.interrupted, "interrupted");
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The program away from the terminal: it reads nothing there and no Ctrl-C reaches it.
pub(crate) fn sheltered(program: &Expression) -> Expression {
    program.stdin_null().before_spawn(|command| {
        platform::lead_group(command);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use duct::cmd;

    use super::Supervisor;

    #[test]
    fn the_lines_of_a_program_are_handed_over() {
        let mut lines = Vec::new();
        let git = cmd!("git", "--version");
        let succeeded = Supervisor::default()
            .run_lines(&git, |line| lines.push(line.to_owned()))
            .unwrap();
        assert!(succeeded);
        assert!(
            lines.len() == 1 && lines[0].starts_with("git version"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_program_that_fails_says_so() {
        let git = cmd!("git", "no-such-command").stderr_null();
        assert!(!Supervisor::default().run(&git).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_ends_with_all_it_has_started_when_somebody_presses_ctrl_c() {
        let supervisor = Supervisor::default();
        supervisor.interrupt();
        let program = cmd!("sh", "-c", "sleep 600; true");
        assert_eq!(
            supervisor
                .run_lines(&program, |_| ())
                .unwrap_err()
                .to_string(),
            "interrupted"
        );
    }
}
