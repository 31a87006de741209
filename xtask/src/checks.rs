//! Checks, each named by a sentence, and what came of them.

use anyhow::Result;

use crate::counts::Counts;
use crate::process::Supervisor;

pub(crate) struct Check {
    pub(crate) sentence: &'static str,
    pub(crate) run: fn(&Supervisor) -> Result<Outcome>,
}

pub(crate) enum Outcome {
    Passed,
    Failed,
    /// Why, and how it can be had.
    Skipped(String),
}

/// The outcomes of the checks that ran.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) counts: Counts,
    lines: Vec<String>,
}

impl Report {
    /// Runs every check, even after a failed one.
    pub(crate) fn run<'a>(
        &mut self,
        checks: impl IntoIterator<Item = &'a Check>,
        supervisor: &Supervisor,
    ) -> Result<()> {
        for check in checks {
            println!("\n==> {}", check.sentence);
            let outcome = (check.run)(supervisor)?;
            self.counts += outcome.counts();
            self.describe(check.sentence, &outcome);
        }
        Ok(())
    }

    /// Adds a line for something that was counted in another way.
    pub(crate) fn describe(&mut self, sentence: &str, outcome: &Outcome) {
        self.lines.push(outcome.describe(sentence));
    }

    /// One line for each check.
    pub(crate) fn summary(&self) -> String {
        self.lines.join("\n")
    }
}

impl From<bool> for Outcome {
    fn from(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl Outcome {
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        match self {
            Self::Passed => counts.passed = 1,
            Self::Failed => counts.failed = 1,
            Self::Skipped(_) => counts.skipped = 1,
        }
        counts
    }

    fn describe(&self, sentence: &str) -> String {
        match self {
            Self::Passed => format!("passed   {sentence}"),
            Self::Failed => format!("FAILED   {sentence}"),
            Self::Skipped(reason) => format!("skipped  {sentence} ({reason})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Outcome, Report};
    use crate::process::Supervisor;

    #[test]
    fn a_skipped_check_says_why_and_is_counted() {
        let check = Check {
            sentence: "All is well.",
            run: |_| Ok(Outcome::Skipped("no network".to_owned())),
        };
        let mut report = Report::default();
        report.run([&check], &Supervisor::default()).unwrap();
        assert_eq!(report.summary(), "skipped  All is well. (no network)");
        assert_eq!(report.counts.to_string(), "0 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn a_failed_check_does_not_stop_the_next_one() {
        let failing = Check {
            sentence: "One.",
            run: |_| Ok(false.into()),
        };
        let passing = Check {
            sentence: "Two.",
            run: |_| Ok(true.into()),
        };
        let mut report = Report::default();
        let checks = [failing, passing];
        report.run(&checks, &Supervisor::default()).unwrap();
        assert_eq!(report.summary(), "FAILED   One.\npassed   Two.");
    }
}
