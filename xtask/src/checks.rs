//! Named checks, each a command, and the numbers of those that passed, failed and were skipped.

use std::fmt;
use std::ops::AddAssign;

use anyhow::Result;

use crate::install::advice;
use crate::workspace::{self, regex};
use crate::{process, programs};

/// The checks; the file explains its format.
const CHECKS: &str = include_str!("checks.txt");

pub(crate) enum Outcome {
    /// Of one check, or of many tests.
    Counted(Counts),
    /// The reason, and what to install.
    Skipped(String),
}

/// How many passed, failed and were skipped, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts([u32; 3]);

/// The outcomes of checks and tests.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) counts: Counts,
    lines: Vec<String>,
}

impl Report {
    /// Runs every check of a section of the file, even after a failed one.
    pub(crate) fn run(&mut self, section: &str) -> Result<()> {
        let start = format!("[{section}]");
        let lines = CHECKS.lines().skip_while(|line| *line != start).skip(1);
        self.run_lines(lines.take_while(|line| !line.starts_with('[')))
    }

    fn run_lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<()> {
        for line in lines.into_iter().filter(|line| !line.starts_with('#')) {
            if let Some((name, check)) = line.split_once(": ") {
                println!("\n==> {name}");
                self.add(name, run_check(check)?);
            }
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, name: &str, outcome: Outcome) {
        self.lines.push(match outcome {
            Outcome::Skipped(reason) => {
                self.counts += Counts::SKIPPED;
                format!("skipped  {name} ({reason})")
            }
            Outcome::Counted(result) => {
                self.counts += result;
                let word = if result.is_good() { "passed" } else { "FAILED" };
                format!("{word}   {name}")
            }
        });
    }

    /// Prints a line for each outcome.
    pub(crate) fn print(&self) {
        println!("\n{}", self.lines.join("\n"));
    }
}

impl From<bool> for Outcome {
    fn from(has_passed: bool) -> Self {
        Self::Counted(if has_passed {
            Counts::PASSED
        } else {
            Counts::FAILED
        })
    }
}

impl Counts {
    const PASSED: Self = Self([1, 0, 0]);
    pub(crate) const FAILED: Self = Self([0, 1, 0]);
    pub(crate) const SKIPPED: Self = Self([0, 0, 1]);

    /// Parses the result line of a test binary; `None` for any other line. Ignored tests count as skipped.
    pub(crate) fn from_result_line(line: &str) -> Option<Self> {
        let pattern = r"^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored";
        let (_, counts) = regex(pattern).captures(line)?.extract();
        Some(Self(counts.map(|count| count.parse().unwrap_or_default())))
    }

    pub(crate) fn is_good(self) -> bool {
        self.0[1] == 0
    }

    /// Prints the last line of a command, which succeeds if nothing failed.
    pub(crate) fn report(self) -> bool {
        println!("{self}");
        self.is_good()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (count, other) in self.0.iter_mut().zip(other.0) {
            *count += other;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([passed, failed, skipped]) = self;
        write!(
            formatter,
            "{passed} passed, {failed} failed, {skipped} skipped"
        )
    }
}

fn run_check(check: &str) -> Result<Outcome> {
    let (commands, failure) = check.split_once(" !! ").unzip();
    let commands = commands.unwrap_or(check);
    let (preparation, command) = commands.split_once(" && ").unzip();
    if let Some(preparation) = preparation {
        match run_command(preparation, None)? {
            Outcome::Counted(counts) if counts.is_good() => {}
            Outcome::Counted(_) => {
                let program = preparation.split(' ').next().unwrap_or_default();
                return Ok(Outcome::Skipped(format!(
                    "{program} failed: is there a network?"
                )));
            }
            skipped @ Outcome::Skipped(_) => return Ok(skipped),
        }
    }
    run_command(command.unwrap_or(commands), failure)
}

/// Runs a command in the repository's folder, if its program is installed. It fails, too, if its output matches the pattern
/// of a failure.
fn run_command(command: &str, failure: Option<&str>) -> Result<Outcome> {
    let mut words = Vec::new();
    for word in command.split(' ') {
        match word.strip_prefix("files:") {
            Some(pattern) => words.extend(workspace::files(&workspace::root(), pattern)?),
            None => words.push(word.to_owned()),
        }
    }
    if !programs::is_installed(&words[0]) {
        let (name, advice) = (&words[0], advice(&[&words[0]]));
        return Ok(Outcome::Skipped(format!("{name} is missing: {advice}")));
    }
    let program = workspace::program(&workspace::root(), &words);
    let Some(failure) = failure else {
        return Ok(process::run(&program)?.into());
    };
    let (failure, mut is_silent) = (regex(failure), true);
    let succeeded = process::run_lines(&program.stderr_to_stdout(), |line| {
        println!("{line}");
        is_silent &= !failure.is_match(line);
    })?;
    Ok((succeeded && is_silent).into())
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, Counts, Outcome, Report, run_check};

    #[test]
    fn every_outcome_is_counted_and_a_failed_check_does_not_stop_the_next_one() {
        let mut report = Report::default();
        let checks = [
            "# a comment",
            "One.: git no-such-command",
            "Two.: git --version",
            "Noisy.: git --version !! ver.ion",
            "Three.: git no-such-download && git --version",
        ];
        report.run_lines(checks).unwrap();
        assert_eq!(
            report.lines,
            [
                "FAILED   One.",
                "passed   Two.",
                "FAILED   Noisy.",
                "skipped  Three. (git failed: is there a network?)"
            ]
        );
        assert_eq!(report.counts.to_string(), "1 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn each_section_has_checks() {
        for section in ["ci", "infra", "pages"] {
            assert!(CHECKS.contains(&format!("\n[{section}]\n")));
        }
        let is_check = |line: &&str| line.contains(": ") && !line.starts_with('#');
        assert_eq!(CHECKS.lines().filter(is_check).count(), 23);
    }

    #[test]
    fn a_missing_checker_is_skipped() {
        let outcome = run_check("no-such-checker files:*.md").unwrap();
        assert!(
            matches!(outcome, Outcome::Skipped(reason) if reason.contains("no-such-checker is missing"))
        );
    }

    #[test]
    fn the_result_line_of_a_test_binary_is_parsed() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 5 filtered out; finished in 0.42s";
        assert_eq!(Counts::from_result_line(line), Some(Counts([12, 3, 4])));
    }

    #[test]
    fn other_lines_have_no_counts() {
        assert_eq!(
            Counts::from_result_line("test counts::it_works ... ok"),
            None
        );
        assert_eq!(Counts::from_result_line("test result: nonsense"), None);
    }
}
