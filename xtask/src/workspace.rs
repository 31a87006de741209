//! The repository's folder, its files, and commands in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};
use regex_lite::Regex;
use serde_json::Value;

use crate::platform::write_private;
use crate::process;

/// Makes cargo report the built programs, for `build`.
pub(crate) const REPORT: &str = "--message-format=json-render-diagnostics";

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// A command in the repository's folder. No shell is involved: the words of the template are the program and its
/// arguments, and each `{}` in a word is replaced by the next value as it is.
pub(crate) fn command(template: &str, values: &[&str]) -> Expression {
    program(&root(), &words(template, values))
}

/// The words of a command, which can be extended before they are passed to `program`.
pub(crate) fn words(template: &str, values: &[&str]) -> Vec<String> {
    let mut values = values.iter().copied();
    let fill = |word: &str| {
        let mut parts = word.split("{}");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |word, part| {
            word + values.next().unwrap_or_default() + part
        })
    };
    template.split_whitespace().map(fill).collect()
}

/// A program, which is looked for on `PATH`, and its arguments, in a folder.
pub(crate) fn program(folder: &Path, words: &[String]) -> Expression {
    let (name, arguments) = words.split_first().expect("a command has a program");
    let program = which::which(name).unwrap_or_else(|_| name.into());
    without_package(cmd(program, arguments)).dir(folder)
}

/// Removes the variables that cargo sets for xtask's own package. Build scripts that read them, as that of `ring`
/// does, would run again whenever cargo is called without xtask, and everything that depends on them be rebuilt.
fn without_package(command: Expression) -> Expression {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names
        .filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        .fold(command, |command, name| command.env_remove(name))
}

/// Builds programs with one invocation of cargo, so that they share their dependencies' features; returns their paths.
///
/// # Errors
/// When they do not build; cargo has printed why.
pub(crate) fn build<const N: usize>(cargo: &Expression, names: [&str; N]) -> Result<[PathBuf; N]> {
    let mut built = BTreeMap::new();
    let succeeded = process::run_lines(cargo, |line| {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        if let (Some(name), Some(path)) = (
            message["target"]["name"].as_str(),
            message["executable"].as_str(),
        ) {
            built.insert(name.to_owned(), PathBuf::from(path));
        }
    })?;
    let is_complete = succeeded && names.iter().all(|name| built.contains_key(*name));
    ensure!(is_complete, "the build of {} failed", names.join(" and "));
    Ok(names.map(|name| built.remove(name).unwrap_or_default()))
}

/// The text of a file of the repository.
pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// The files of a folder that git tracks or would track and that match the pattern, with `/` on every system.
pub(crate) fn files(folder: &Path, pattern: &str) -> Result<Vec<String>> {
    let list = "git ls-files -z --deduplicate --cached --others --exclude-standard -- {}";
    let list = process::read(&program(folder, &words(list, &[pattern])));
    let list = list.context("cannot list the files with git")?;
    let paths = list.split('\0').filter(|path| !path.is_empty());
    Ok(paths.map(str::to_owned).collect())
}

/// A pattern of this program.
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is valid")
}

/// A new key of 256 random bits, in hexadecimal.
pub(crate) fn random_key() -> Result<String> {
    let mut key = String::new();
    for _ in 0..4 {
        write!(key, "{:016x}", getrandom::u64()?)?;
    }
    Ok(key)
}

/// The key in a file, which is created if it is missing and only its owner can read.
pub(crate) fn read_or_create_key(path: &Path) -> Result<String> {
    let key = fs::read_to_string(path).unwrap_or_default();
    if !key.is_empty() {
        return Ok(key);
    }
    let key = random_key()?;
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    write_private(path, &key).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::{command, words};

    #[test]
    fn a_value_stays_one_word_whatever_it_contains() {
        let words = words(
            "az {} --uri {}/v1.0/{}",
            &["rest", "https://a", "b '{}' $c"],
        );
        assert_eq!(words, ["az", "rest", "--uri", "https://a/v1.0/b '{}' $c"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_command_does_not_get_the_variables_of_xtasks_package() {
        let seen = command("env", &[]).read().unwrap();
        assert!(seen.contains("PATH="), "{seen}");
        for name in ["CARGO_PKG_", "CARGO_MANIFEST_"] {
            assert!(!seen.contains(name), "{seen}");
        }
    }
}
