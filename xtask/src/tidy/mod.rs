//! `cargo xtask tidy`: the repository's conscience, the rules that no compiler knows.

mod boundaries;
mod domain;
mod listing;
mod modules;
mod rust_code;
mod text;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use duct::cmd;

use crate::workspace;

/// A text file of the repository.
struct SourceFile {
    /// From the repository's root, with `/` on every system.
    path: String,
    text: String,
}

/// A broken rule and where.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    /// Counted from 1.
    line: usize,
    message: String,
}

pub(crate) fn run() -> Result<ExitCode> {
    Ok(if check()? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints every broken rule and says whether there is none.
pub(crate) fn check() -> Result<bool> {
    let files = source_files()?;
    let rules = [
        text::check,
        modules::check,
        boundaries::check,
        domain::check,
    ];
    let violations: Vec<Violation> = rules.iter().flat_map(|rule| rule(&files)).collect();
    for violation in &violations {
        println!("{violation}");
    }
    println!(
        "tidy: {} files, {} violations",
        files.len(),
        violations.len()
    );
    Ok(violations.is_empty())
}

/// Every text file that git keeps or would keep.
fn source_files() -> Result<Vec<SourceFile>> {
    let root = workspace::root();
    let options = [
        "-z",
        "--deduplicate",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let list = cmd("git", ["ls-files"].iter().chain(&options));
    let paths = list
        .dir(&root)
        .read()
        .context("cannot list the files with git")?;
    let paths = paths.split('\0').filter(|path| !path.is_empty());
    let file = |path: &str| {
        // Unreadable as text: a picture, or a file that was just deleted.
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        Some(SourceFile {
            path: path.to_owned(),
            text,
        })
    };
    Ok(paths.filter_map(file).collect())
}

impl SourceFile {
    #[cfg(test)]
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|own| own == extension)
    }

    fn violation(&self, line: usize, message: impl Into<String>) -> Violation {
        Violation {
            path: self.path.clone(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}
