//! A program that runs beside those of the supervisor.

use std::io::{self, BufRead as _, BufReader};

use anyhow::{Result, bail};
use duct::{Expression, ReaderHandle};

use crate::process::sheltered;

/// The program; it ends when this is dropped.
pub(crate) struct Companion(ReaderHandle);

impl Companion {
    /// Starts it. It is one program: what it starts itself is not ended with it.
    pub(crate) fn start(program: &Expression) -> Result<Self> {
        Ok(Self(sheltered(program).unchecked().reader()?))
    }

    /// Reads its standard output up to the line that the function answers `true` to.
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
        bail!("it ended at once")
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        // An error means that it has ended already, which is what is wanted.
        self.0.kill().ok();
        // The end of its output is its own: nobody finds it still running.
        io::copy(&mut &self.0, &mut io::sink()).ok();
    }
}

#[cfg(test)]
mod tests {
    use duct::cmd;

    use super::Companion;

    #[cfg(unix)]
    #[test]
    fn a_companion_is_heard_and_ends_when_it_is_dropped() {
        let script = "echo first; echo $$; exec sleep 600";
        let companion = Companion::start(&cmd!("sh", "-c", script)).unwrap();
        let mut process = String::new();
        companion
            .read_until(|line| {
                line.clone_into(&mut process);
                line != "first"
            })
            .unwrap();
        let is_running = || {
            let probe = cmd!("sh", "-c", "kill -0 $0", &process);
            let probe = probe.stderr_null().unchecked();
            probe.run().unwrap().status.success()
        };
        assert!(is_running());
        drop(companion);
        assert!(!is_running());
    }

    #[test]
    fn a_companion_that_ends_too_early_says_so() {
        let companion = Companion::start(&cmd!("git", "--version")).unwrap();
        let error = companion.read_until(|_| false).unwrap_err();
        assert_eq!(error.to_string(), "it ended at once");
    }
}
