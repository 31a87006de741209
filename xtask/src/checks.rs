//! Named checks, each a command, and the numbers of those that passed, failed and were skipped.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result, ensure};

use crate::install::advice;
use crate::workspace::{self, regex};
use crate::{minimal_feature, process, programs, tidy};

/// The checks; the file explains its format.
const CHECKS: &str = include_str!("checks.txt");

pub(crate) enum Outcome {
    /// The counts of one check, or of many tests.
    Counted(Counts),
    /// The reason, and what to install.
    Skipped(String),
}

/// How many checks or tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

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
        let mut lines = CHECKS.lines().skip_while(|line| *line != start);
        ensure!(lines.next().is_some(), "checks.txt has no section {start}");
        self.run_lines(lines.take_while(|line| !line.starts_with('[')))
    }

    fn run_lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let is_check = |line: &&str| !line.is_empty() && !line.starts_with('#');
        for line in lines.into_iter().filter(is_check) {
            let parts = line.split_once(": ");
            let (name, check) = parts.with_context(|| format!("checks.txt: no check: {line}"))?;
            println!("\n==> {name}");
            self.add(name, run_check(check)?);
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, name: &str, outcome: Outcome) {
        self.lines.push(match outcome {
            Outcome::Skipped(reason) => {
                self.counts.skipped += 1;
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
    pub(crate) fn print(self) -> bool {
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

fn run_check(check: &str) -> Result<Outcome> {
    // Not as processes: a second Ctrl+C would end them without the programs that they have started.
    match check {
        "cargo xtask tidy" => return Ok(tidy::check(&workspace::root())?.into()),
        "cargo xtask minimal-feature" => return Ok(minimal_feature::check()?.into()),
        _ => {}
    }
    let (commands, failure) = check.split_once(" !! ").unzip();
    let commands = commands.unwrap_or(check);
    let (preparation, command) = commands.split_once(" && ").unzip();
    let command = command.unwrap_or(commands);
    let words = commands.split(' ');
    let needed = words.filter_map(|word| word.strip_prefix("needs:"));
    let first = [command, preparation.unwrap_or(command)].map(program_of);
    let mut all = first.into_iter().chain(needed);
    if let Some(name) = all.find(|name| !programs::is_installed(name)) {
        let advice = advice(&[name]);
        return Ok(Outcome::Skipped(format!("{name} is missing: {advice}")));
    }
    if let Some(preparation) = preparation
        && !run_command(preparation, None)?
    {
        let program = program_of(preparation);
        return Ok(Outcome::Skipped(format!("{program} failed, see above")));
    }
    Ok(run_command(command, failure)?.into())
}

fn program_of(command: &str) -> &str {
    command.split(' ').next().unwrap_or_default()
}

/// Runs a command in the repository's folder, and says whether it succeeded without a line that matches the pattern.
fn run_command(command: &str, failure: Option<&str>) -> Result<bool> {
    let mut words = Vec::new();
    for word in command.split(' ') {
        if let Some(pattern) = word.strip_prefix("files:") {
            words.extend(workspace::files(&workspace::root(), pattern)?);
        } else if !word.starts_with("needs:") {
            words.push(word.to_owned());
        }
    }
    let program = workspace::program(&workspace::root(), &words);
    let Some(failure) = failure else {
        return process::run(&program);
    };
    let (failure, mut is_clean) = (regex(failure), true);
    let succeeded = process::run_lines(&program.stderr_to_stdout(), |line| {
        println!("{line}");
        is_clean &= !failure.is_match(line);
    })?;
    Ok(succeeded && is_clean)
}

#[cfg(test)]
mod tests {
    use super::{Counts, Outcome, Report, run_check};

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
                "skipped  Three. (git failed, see above)"
            ]
        );
        assert_eq!(report.counts.to_string(), "1 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn an_unknown_section_and_a_check_without_a_name_are_errors() {
        let mut report = Report::default();
        assert!(report.run("no-such-section").is_err());
        assert!(report.run_lines(["git --version"]).is_err());
    }

    #[test]
    fn a_check_whose_program_is_missing_is_skipped() {
        for check in [
            "no-such-checker files:*.md",
            "git no-such-download && no-such-checker",
            "no-such-checker && git --version",
            "git --version needs:no-such-checker",
        ] {
            let outcome = run_check(check).unwrap();
            let expected = "no-such-checker is missing: install it";
            assert!(
                matches!(outcome, Outcome::Skipped(reason) if reason == expected),
                "{check}"
            );
        }
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
