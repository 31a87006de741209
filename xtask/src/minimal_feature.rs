//! `cargo xtask minimal-feature`: runs the general tests with another feature in the example's place.
//!
//! It makes the changes that `docs/minimal-feature/README.md` lists in a copy of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::{process, settings, tidy, workspace};

/// The feature's files, in the folders in which the repository has its own.
const SOURCE: &str = "docs/minimal-feature/";
const README: &str = "docs/minimal-feature/README.md";

/// Texts by their paths from the repository's root.
type Files = BTreeMap<String, String>;

/// Updates the copy and runs every check in it, even after a failed one. The dependencies are built already.
pub(crate) fn check() -> Result<bool> {
    let root = workspace::root();
    if !root.join(README).exists() {
        println!("{README} has been deleted, and with it the feature.");
        return Ok(true);
    }
    let folder = root.join("target/minimal-feature");
    let mut files = replace_example(read(&root)?).context(README)?;
    // The copy's packages get a version of their own: cargo identifies a package of a workspace by its name, version and
    // folder in the workspace, and would confuse those of the copy and of the repository in one target folder.
    if let Some(manifest) = files.get_mut("Cargo.toml") {
        *manifest = manifest.replacen("\nversion = \"", "\nversion = \"0.0.0-minimal\" # \"", 1);
    }
    write(&files, &folder)?;
    let mut passed = tidy::check(&folder)?;
    let packages = "--package app --package migrations";
    for check in [
        "cargo fmt --all --check".to_owned(),
        format!("cargo clippy {packages} --all-targets -- -D warnings"),
        format!("cargo test {packages} --no-fail-fast -- {}", test_options()),
    ] {
        let cargo = workspace::program(&folder, &workspace::words(&check, &[]));
        let cargo = cargo.env("CARGO_TARGET_DIR", root.join("target"));
        passed &= process::run(&cargo)?;
    }
    Ok(passed)
}

/// The options that add the tests for which there are a PostgreSQL server and a browser; not those that start servers of
/// their own, which depend on the feature least.
fn test_options() -> String {
    const WITHOUT_SERVERS: &str = "--include-ignored --skip operations::pooler:: --skip operations::failover:: --skip operations::replicas::";
    let is_set = |name| settings::environment_variable(name).is_some();
    match (is_set("TEST_POSTGRES_URL"), is_set("TEST_CHROMIUM")) {
        (true, true) => WITHOUT_SERVERS.to_owned(),
        (true, false) => format!("{WITHOUT_SERVERS} --skip browser::"),
        (false, _) => String::new(),
    }
}

/// The text files of a folder with a git repository.
fn read(folder: &Path) -> Result<Files> {
    let files = tidy::source_files(folder)?.into_iter();
    Ok(files.map(|file| (file.path, file.text)).collect())
}

/// Updates the copy. Unchanged files keep their time, so that cargo does not compile them again.
fn write(files: &Files, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let init = workspace::words("git init --quiet", &[]);
    workspace::program(folder, &init).run()?;
    let copied = read(folder)?;
    for path in copied.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
    }
    let is_changed = |(path, text): &(&String, &String)| copied.get(*path) != Some(*text);
    for (path, text) in files.iter().filter(is_changed) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, text)?;
    }
    // The pictures, which are no text.
    for path in workspace::files(&workspace::root(), "app/static/*.png")? {
        fs::copy(workspace::root().join(&path), folder.join(&path))?;
    }
    Ok(())
}

/// Applies the steps of the README: `rm` removes files, `---` names a file in which the lines after it are changed,
/// `-` removes a line, which must be there once, and `+` adds one there. Then the feature's files are added.
fn replace_example(mut files: Files) -> Result<Files> {
    let readme = files.remove(README).unwrap_or_default();
    let (_, steps) = readme.split_once("```diff\n").context("no steps")?;
    let (mut path, mut place) = ("", 0);
    for step in steps.lines().take_while(|step| *step != "```") {
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
                ensure!(places.len() == 1, "not one such line in {path}: {step}");
                place = places[0].0 + 1;
                text.replace_range(place..place + line.len(), "");
            } else {
                text.insert_str(place, &line);
                place += line.len();
            }
        }
    }
    let place = |path: String| path.strip_prefix(SOURCE).unwrap_or(&path).to_owned();
    let files = files.into_iter();
    Ok(files.map(|(path, text)| (place(path), text)).collect())
}
