//! Named checks, most of them one command, and the numbers of those that passed, failed and were skipped.

use std::fmt;
use std::ops::AddAssign;

use anyhow::Result;

use crate::install::advice;
use crate::workspace::{self, regex};
use crate::{process, programs};

pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) step: Step,
}

pub(crate) enum Step {
    /// A program and its arguments, separated by spaces. `{PATTERN}` stands for the files of the repository that match.
    Command(&'static str),
    /// A command whose output must not match the pattern.
    Silent(&'static str, &'static str),
    /// A command that downloads what the second one needs. Without a network the check is skipped.
    Online(&'static str, &'static str),
    Function(fn() -> Result<Outcome>),
}

pub(crate) enum Outcome {
    /// Of one check, or of many tests.
    Counted(Counts),
    /// The reason, and what to install.
    Skipped(String),
}

/// The numbers in the last line that `test`, `infra` and `ci` print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

/// Runs every check, even after a failed one, and prints a line for each.
pub(crate) fn run<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Result<Counts> {
    let (counts, summary) = run_each(checks)?;
    println!("\n{summary}");
    Ok(counts)
}

fn run_each<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Result<(Counts, String)> {
    let (mut counts, mut lines) = (Counts::default(), Vec::new());
    for Check { name, step } in checks {
        println!("\n==> {name}");
        let outcome = match step {
            Step::Command(command) => run_command(command, None)?,
            Step::Silent(command, failure) => run_command(command, Some(failure))?,
            Step::Online(download, command) => run_online(download, command)?,
            Step::Function(function) => function()?,
        };
        lines.push(match outcome {
            Outcome::Skipped(reason) => {
                counts.skipped += 1;
                format!("skipped  {name} ({reason})")
            }
            Outcome::Counted(result) => {
                counts += result;
                let word = if result.is_good() { "passed" } else { "FAILED" };
                format!("{word}   {name}")
            }
        });
    }
    Ok((counts, lines.join("\n")))
}

impl From<bool> for Outcome {
    fn from(has_passed: bool) -> Self {
        Self::Counted(Counts {
            passed: has_passed.into(),
            failed: (!has_passed).into(),
            skipped: 0,
        })
    }
}

impl Counts {
    /// Parses the result line of a test binary; `None` for any other line. Ignored tests count as skipped.
    pub(crate) fn from_result_line(line: &str) -> Option<Self> {
        let pattern = r"^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored";
        let (_, counts) = regex(pattern).captures(line)?.extract();
        let [passed, failed, skipped] = counts.map(|count| count.parse().unwrap_or_default());
        Some(Self {
            passed,
            failed,
            skipped,
        })
    }

    pub(crate) fn is_good(self) -> bool {
        self.failed == 0
    }

    /// Prints the last line of a command, which succeeds if nothing failed.
    pub(crate) fn report(self) -> bool {
        println!("{self}");
        self.is_good()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(
            formatter,
            "{passed} passed, {failed} failed, {skipped} skipped"
        )
    }
}

/// Runs a command in the repository's folder, if its program is installed. It fails, too, if its output matches the pattern
/// of a failure.
pub(crate) fn run_command(command: &str, failure: Option<&str>) -> Result<Outcome> {
    let mut words = Vec::new();
    for word in command.split(' ') {
        let pattern = word
            .strip_prefix('{')
            .and_then(|word| word.strip_suffix('}'));
        match pattern {
            Some(pattern) => words.extend(workspace::files(&workspace::root(), pattern)?),
            None => words.push(word.to_owned()),
        }
    }
    if !programs::is_installed(&words[0]) {
        return Ok(missing(&words[0]));
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

/// The download comes first, so that a missing network is not taken for a failure.
pub(crate) fn run_online(download: &str, command: &str) -> Result<Outcome> {
    match run_command(download, None)? {
        Outcome::Counted(counts) if counts.is_good() => run_command(command, None),
        Outcome::Counted(_) => Ok(Outcome::Skipped(format!("`{download}` failed"))),
        skipped @ Outcome::Skipped(_) => Ok(skipped),
    }
}

pub(crate) fn missing(name: &str) -> Outcome {
    Outcome::Skipped(format!("{name} is missing: {}", advice(&[name])))
}

#[cfg(test)]
mod tests {
    use super::{Check, Counts, Outcome, Step, run_command, run_each};

    #[test]
    fn every_outcome_is_counted_and_a_failed_check_does_not_stop_the_next_one() {
        let checks = [
            Check {
                name: "One.",
                step: Step::Command("git no-such-command"),
            },
            Check {
                name: "Two.",
                step: Step::Command("git --version"),
            },
            Check {
                name: "Noisy.",
                step: Step::Silent("git --version", "version"),
            },
            Check {
                name: "Three.",
                step: Step::Function(|| Ok(Outcome::Skipped("no network".to_owned()))),
            },
        ];
        let (counts, summary) = run_each(&checks).unwrap();
        assert_eq!(
            summary,
            "FAILED   One.\npassed   Two.\nFAILED   Noisy.\nskipped  Three. (no network)"
        );
        assert_eq!(counts.to_string(), "1 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_missing_checker_is_skipped() {
        let outcome = run_command("no-such-checker {*.md}", None).unwrap();
        assert!(
            matches!(outcome, Outcome::Skipped(reason) if reason.contains("no-such-checker is missing"))
        );
    }

    #[test]
    fn the_result_line_of_a_test_binary_is_parsed() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 5 filtered out; finished in 0.42s";
        assert_eq!(
            Counts::from_result_line(line),
            Some(Counts {
                passed: 12,
                failed: 3,
                skipped: 4
            })
        );
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
