//! `cargo xtask minimal-feature`: runs the general tests with another feature in the example's place.
//!
//! It makes the changes that `docs/minimal-feature/README.md` lists in a copy of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use duct::cmd;

use crate::checks::Outcome;
use crate::process::Supervisor;
use crate::{tidy, workspace};

/// The feature's files, in the folders in which the repository has its own.
const SOURCE: &str = "docs/minimal-feature/";
const README: &str = "docs/minimal-feature/README.md";

/// The texts of files by their paths from the repository's root.
type Files = BTreeMap<String, String>;

pub(crate) fn run(supervisor: &Supervisor) -> Result<ExitCode> {
    let outcome = check(supervisor)?;
    Ok(crate::exit_code(matches!(outcome, Outcome::Passed)))
}

/// Makes or updates the copy, and runs every check in it, even after a failed one.
pub(crate) fn check(supervisor: &Supervisor) -> Result<Outcome> {
    let root = workspace::root();
    let folder = root.join("target/minimal-feature");
    let files = replace_example(read(&root)?).context(README)?;
    write(&files, &folder)?;
    let mut passed = tidy::check(&folder)?;
    let packages = "--locked --package app --package migrations";
    for check in [
        "fmt --all --check".to_owned(),
        format!("clippy {packages} --all-targets -- -D warnings"),
        format!("test {packages} --no-fail-fast -- {}", further_tests()),
    ] {
        let cargo = workspace::cargo_in(&folder, check.split_whitespace());
        // The dependencies are built already.
        let cargo = cargo.env("CARGO_TARGET_DIR", root.join("target"));
        passed &= supervisor.run(&cargo)?;
    }
    Ok(passed.into())
}

/// The options that add the tests for which there are a PostgreSQL server and a browser.
fn further_tests() -> &'static str {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    let is_set = |name| std::env::var_os(name).is_some();
    match (is_set("TEST_POSTGRES_URL"), is_set("TEST_CHROMIUM")) {
        (true, true) => "--include-ignored",
        (true, false) => "--include-ignored --skip browser::",
        (false, _) => "",
    }
}

/// Reads the text files of a folder with a git repository.
fn read(folder: &Path) -> Result<Files> {
    let files = tidy::source_files(folder)?.into_iter();
    Ok(files.map(|file| (file.path, file.text)).collect())
}

/// Updates the copy. Unchanged files keep their time, so that cargo does not compile them again.
fn write(files: &Files, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    cmd!("git", "init", "--quiet").dir(folder).run()?;
    let copied = read(folder)?;
    for path in copied.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
    }
    for (path, text) in files
        .iter()
        .filter(|(path, text)| copied.get(*path) != Some(text))
    {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, text)?;
    }
    Ok(())
}

/// Applies the steps of the README: `rm` removes files, `---` names a file in which the lines after it are changed,
/// `-` removes a line, which must be there once, and `+` adds one there. Then the feature's files are added.
fn replace_example(mut files: Files) -> Result<Files> {
    let readme = files.remove(README).unwrap_or_default();
    let steps = readme
        .split("```diff\n")
        .nth(1)
        .and_then(|steps| steps.split("```").next());
    let (mut path, mut place) = ("", 0);
    for step in steps.context("no steps")?.lines() {
        if let Some(removed) = step.strip_prefix("rm ") {
            let before = files.len();
            files.retain(|path, _| !path.starts_with(removed));
            ensure!(files.len() < before, "{removed} does not exist");
        } else if let Some(changed) = step.strip_prefix("--- ") {
            path = changed;
        } else if let Some(text) = files.get_mut(path) {
            let line = format!("{}\n", step.get(1..).unwrap_or_default());
            if step.starts_with('-') {
                let places: Vec<_> = text.match_indices(&format!("\n{line}")).collect();
                ensure!(
                    places.len() == 1,
                    "{path} has {} such lines: {step}",
                    places.len()
                );
                place = places[0].0 + 1;
                text.replace_range(place..place + line.len(), "");
            } else {
                text.insert_str(place, &line);
                place += line.len();
            }
        }
    }
    let is_added = |path: &String| path.starts_with(SOURCE);
    let (added, mut files): (Files, Files) =
        files.into_iter().partition(|(path, _)| is_added(path));
    files.extend(
        added
            .into_iter()
            .map(|(path, text)| (path[SOURCE.len()..].to_owned(), text)),
    );
    Ok(files)
}
