//! `cargo xtask tidy`: the rules of this repository that rustc, clippy and rustfmt do not check.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::Result;
use regex_lite::Regex;

use crate::workspace::{self, regex};

/// A line may refer to a feature if it, or the comment above it, says why after this word.
const MARK: &str = "domain:";

/// The folders in which references to a feature are looked for.
const CHECKED_FOLDERS: [&str; 3] = ["app/", "migrations/", "xtask/"];

/// The sample data of all features, which may refer to each of them.
const SAMPLE_DATA: &str = "app/src/sample_data";

const MAX_LINES: usize = 400;

/// The list of the app's modules: each one uses only those listed before it.
const MODULE_LIST: &str = "app/src/lib.rs";

/// A text file of the repository.
pub(crate) struct SourceFile {
    /// From the repository's root, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Prints every violation in this repository; `true` when there is none.
pub(crate) fn check(root: &Path) -> Result<bool> {
    let files = source_files(root)?;
    let features = features(&files);
    let modules = listed_modules(text_of(&files, MODULE_LIST));
    let mut violations = Vec::new();
    for file in &files {
        violations.extend(module_comment(file));
        violations.extend(length(file));
        violations.extend(module_order(file, &modules));
        violations.extend(feature_references(file, &features));
    }
    for violation in &violations {
        println!("{violation}");
    }
    let (files, violations) = (files.len(), violations.len());
    println!("tidy: {files} files, {violations} violations");
    Ok(violations == 0)
}

/// Every text file that git tracks or would track.
pub(crate) fn source_files(root: &Path) -> Result<Vec<SourceFile>> {
    let paths = workspace::files(root, "*")?.into_iter();
    // Binary files and files that were just deleted have no text.
    let file = |path: String| {
        let text = fs::read_to_string(root.join(&path)).ok()?;
        Some(SourceFile { path, text })
    };
    Ok(paths.filter_map(file).collect())
}

fn text_of<'a>(files: &'a [SourceFile], path: &str) -> &'a str {
    let file = files.iter().find(|file| file.path == path);
    file.map_or("", |file| &file.text)
}

/// Every Rust file begins with a `//!` line.
fn module_comment(file: &SourceFile) -> Option<String> {
    let is_missing = file.has_extension("rs") && !file.text.starts_with("//! ");
    is_missing.then(|| file.violation(1, "start the file with a `//!` line that says what it is"))
}

fn length(file: &SourceFile) -> Option<String> {
    let lines = file.text.lines().count();
    let message = format!("{lines} lines, more than {MAX_LINES}: split the file by concept");
    let is_long = file.has_extension("rs") && lines > MAX_LINES;
    is_long.then(|| file.violation(MAX_LINES + 1, &message))
}

/// The modules in the order of their declarations.
fn listed_modules(list: &str) -> Vec<&str> {
    names(r"(?m)^(?:pub(?:\(\w+\))? )?mod (\w+);", list)
}

/// What the group of the pattern matches.
fn names<'a>(pattern: &str, text: &'a str) -> Vec<&'a str> {
    let found = regex(pattern);
    let found = found.captures_iter(text).map(|found| found.extract::<1>());
    found.map(|(_, [name])| name).collect()
}

/// A module of the app uses only modules that are listed before it, except on lines with the mark.
fn module_order(file: &SourceFile, modules: &[&str]) -> Vec<String> {
    let inside = file.path.strip_prefix("app/src/").unwrap_or_default();
    let own = inside.split(['/', '.']).next().unwrap_or_default();
    let place = |name: &str| modules.iter().position(|module| *module == name);
    let Some(own_place) = place(own) else {
        return Vec::new();
    };
    let lines: Vec<&str> = file.text.lines().collect();
    let mut used = used_modules(&file.text, "crate");
    used.retain(|(number, _)| !lines[number - 1].contains(MARK));
    used.retain(|(_, used)| place(used).is_some_and(|place| place > own_place));
    let violation = |(line, used)| {
        let message = format!("`{own}` uses `{used}`, which {MODULE_LIST} lists after it");
        file.violation(line, &message)
    };
    used.into_iter().map(violation).collect()
}

/// The modules after the crate's name outside comments, each with its line. Groups (`crate::{a, b::c}`) are resolved.
fn used_modules(text: &str, crates: &str) -> Vec<(usize, String)> {
    let paths = regex(&format!(r"\b(?:{crates})::(?:(\w+)|\{{([^;]*)\}})"));
    let inner_group = regex(r"\{[^{}]*\}");
    let mut used = Vec::new();
    for path in paths.captures_iter(text) {
        let before = path.get(0).map_or("", |path| &text[..path.start()]);
        let group = path.get(1).or(path.get(2));
        let mut group = group.map_or(String::new(), |group| group.as_str().to_owned());
        if before
            .lines()
            .next_back()
            .is_some_and(|line| line.contains("//"))
        {
            continue;
        }
        while inner_group.is_match(&group) {
            group = inner_group.replace_all(&group, "").into_owned();
        }
        let number = before.matches('\n').count() + 1;
        let first = |path: &str| {
            path.split("::")
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        used.extend(group.split(',').map(|path| (number, first(path))));
    }
    used
}

/// A feature's module name, which is also the name of its folders and the first part of its URLs, and its tables.
struct Feature {
    name: String,
    tables: Vec<String>,
    /// The declaration of its module (`mod post`), one of its paths (`/post`, `post/`) or, in SQL, one of its tables
    /// (`FROM review`, `"review"."id"`).
    reference: Regex,
}

impl Feature {
    fn new(name: &str, tables: &[&str]) -> Self {
        let (start, end) = (r"(?:^|[^\w$-])", r"(?:[^\w$-]|$)");
        let any = tables.join("|");
        let keyword = "(?:FROM|JOIN|INTO|ON|REFERENCES|TABLE|UPDATE)";
        let path = format!("(?:mod |/){name}{end}|{start}{name}/");
        let table = format!(r#"{start}{keyword} "?(?:{any}){end}|{start}(?:{any})"\.""#);
        Self {
            name: name.to_owned(),
            tables: tables.iter().map(|&table| table.to_owned()).collect(),
            reference: regex(&format!("{path}|{table}")),
        }
    }

    /// Whether the feature's name, or one of its tables or its plural, is a word in the name of the file or of one of its
    /// folders.
    fn owns(&self, path: &str) -> bool {
        let mut words = path.split(['/', '.', '_', '-']);
        let is_table = |word: &str| self.tables.iter().any(|table| table == word);
        words.any(|word| {
            word == self.name || is_table(word) || word.strip_suffix('s').is_some_and(is_table)
        })
    }
}

/// The modules of the list with the mark. Without one, the rule below is off.
fn features(files: &[SourceFile]) -> Vec<Feature> {
    let lines = text_of(files, MODULE_LIST).lines();
    let marked = lines.filter(|line| line.contains(MARK));
    let feature = |name: &str| {
        let folder = format!("app/src/{name}");
        let own = files.iter().filter(|file| file.path.starts_with(&folder));
        let tables: Vec<_> = own
            .flat_map(|file| names(r#"table_name = "(\w+)""#, &file.text))
            .collect();
        Feature::new(name, &tables)
    };
    marked.flat_map(listed_modules).map(feature).collect()
}

/// Outside a feature's own files, references to its modules, paths and tables need the mark.
fn feature_references(file: &SourceFile, features: &[Feature]) -> Vec<String> {
    let is_inside = |folder: &&str| file.path.starts_with(*folder);
    let is_checked = CHECKED_FOLDERS.iter().any(is_inside)
        && !file.path.starts_with(SAMPLE_DATA)
        && !file.has_extension("md");
    let mut violations = Vec::new();
    for feature in features
        .iter()
        .filter(|feature| is_checked && !feature.owns(&file.path))
    {
        let name = &feature.name;
        let message = format!(
            "refers to the feature `{name}`: move this to its files, or say why in a comment `{MARK} …`"
        );
        let mut used = used_modules(&file.text, "crate|app");
        used.retain(|(_, used)| used == name);
        let mut above = "";
        for (number, line) in (1..).zip(file.text.lines()) {
            let is_marked = line.contains(MARK) || (is_comment(above) && above.contains(MARK));
            let refers =
                feature.reference.is_match(line) || used.iter().any(|(line, _)| *line == number);
            if refers && !is_marked && !is_comment(line) {
                violations.push(file.violation(number, &message));
            }
            above = line;
        }
    }
    violations
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    let mut starts = ["//", "#", "{#", "<!--", "/*", "--"].iter();
    starts.any(|start| line.starts_with(start))
}

impl SourceFile {
    fn has_extension(&self, extension: &str) -> bool {
        let own = self.path.rsplit_once('.');
        own.is_some_and(|(_, own)| own == extension)
    }

    /// A broken rule and its line, counted from 1.
    fn violation(&self, line: usize, message: &str) -> String {
        format!("{}:{line}: {message}", self.path)
    }
}
