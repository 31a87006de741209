//! `cargo xtask tidy`: the rules of this repository that rustc, clippy and rustfmt do not check.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::workspace;

/// A feature's module name, which is also the name of its folders and the first part of its URLs, and its tables.
type Feature<'a> = (&'a str, Vec<&'a str>);

/// A line may refer to a feature if it, or the comment above it, says why after this word.
const MARK: &str = "domain:";

/// The folders in which references to a feature are looked for.
const CHECKED_FOLDERS: [&str; 3] = ["app/", "migrations/", "xtask/"];

/// The sample data of all features, which may refer to each of them.
const SAMPLE_DATA: &str = "app/src/sample_data";

/// Words of SQL that come before the name of a table.
const BEFORE_TABLE: &str = "FROM JOIN INTO ON REFERENCES TABLE UPDATE";

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
    let modules = files.iter().find(|file| file.path == MODULE_LIST);
    let modules = modules.map_or_else(Vec::new, |list| listed_modules(&list.text));
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
        Some(SourceFile {
            text: fs::read_to_string(root.join(&path)).ok()?,
            path,
        })
    };
    Ok(paths.filter_map(file).collect())
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
    let declarations = list.lines().filter_map(|line| line.split_once(';'));
    let names = declarations.filter_map(|(line, _)| line.rsplit_once("mod "));
    let names = names.filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
    names.map(|(_, name)| name.trim()).collect()
}

/// A module of the app uses only modules that are listed before it, except on lines with the mark.
fn module_order(file: &SourceFile, modules: &[&str]) -> Vec<String> {
    let inside = file.path.strip_prefix("app/src/");
    let own = inside.and_then(|inside| inside.split(['/', '.']).next());
    let place = |name: &str| modules.iter().position(|module| *module == name);
    let Some((own, own_place)) = own.and_then(|own| Some((own, place(own)?))) else {
        return Vec::new();
    };
    let message = |used| format!("`{own}` uses `{used}`, which {MODULE_LIST} lists after it");
    let mut used = used_modules(&file.text, "crate");
    used.retain(|(_, used)| place(used).is_some_and(|place| place > own_place));
    let lines: Vec<&str> = file.text.lines().collect();
    used.retain(|(number, _)| !lines[number - 1].contains(MARK));
    let violations = used
        .into_iter()
        .map(|(line, used)| file.violation(line, &message(used)));
    violations.collect()
}

/// The modules after the crate's name outside comments, each with its line. Groups (`crate::{a, b::c}`) are resolved.
fn used_modules<'a>(text: &'a str, krate: &str) -> Vec<(usize, &'a str)> {
    let mut used = Vec::new();
    for (before, path) in whole_words(text, krate) {
        let line = before.rsplit('\n').next().unwrap_or_default();
        let Some(path) = path.strip_prefix("::").filter(|_| !line.contains("//")) else {
            continue;
        };
        let number = before.matches('\n').count() + 1;
        match path.strip_prefix('{') {
            Some(group) => used.extend(group_members(group).map(|name| (number, name))),
            None => used.push((number, first_name(path))),
        }
    }
    used
}

/// The first names of the members of a group, up to its closing brace.
fn group_members(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 1;
    let end = group.find(move |c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    let mut depth = 0;
    let members = group[..end.unwrap_or(group.len())].split(move |c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    members.map(|member| first_name(member.trim_start()))
}

fn first_name(path: &str) -> &str {
    path.split(|c| !is_name_part(c)).next().unwrap_or_default()
}

/// The modules of the list with the mark. Without one, the rule below is off.
fn features(files: &[SourceFile]) -> Vec<Feature<'_>> {
    let list = files.iter().find(|file| file.path == MODULE_LIST);
    let lines = list.map_or("", |list| &list.text).lines();
    let names = lines
        .filter(|line| line.contains(MARK))
        .flat_map(listed_modules);
    let with_tables = names.map(|name| {
        let folder = format!("app/src/{name}");
        let own = files.iter().filter(|file| file.path.starts_with(&folder));
        let tables = own.flat_map(|file| file.text.split("table_name = \"").skip(1));
        (name, tables.map(first_name).collect())
    });
    with_tables.collect()
}

/// Outside a feature's own files, references to its modules, paths and tables need the mark.
fn feature_references(file: &SourceFile, features: &[Feature<'_>]) -> Vec<String> {
    let is_inside = |folder: &&str| file.path.starts_with(*folder);
    let is_checked = CHECKED_FOLDERS.iter().any(is_inside)
        && !file.path.starts_with(SAMPLE_DATA)
        && !file.has_extension("md");
    let mut violations = Vec::new();
    for (name, tables) in features.iter().filter(|_| is_checked) {
        if owns(name, tables, &file.path) {
            continue;
        }
        let message = format!(
            "refers to the feature `{name}`: move this to its files, or say why in a comment `{MARK} …`"
        );
        let used = [
            used_modules(&file.text, "crate"),
            used_modules(&file.text, "app"),
        ]
        .concat();
        let mut above = "";
        for (number, line) in (1..).zip(file.text.lines()) {
            let is_marked = line.contains(MARK) || (is_comment(above) && above.contains(MARK));
            let refers = used.contains(&(number, name)) || names(name, tables, line);
            if refers && !is_marked && !is_comment(line) {
                violations.push(file.violation(number, &message));
            }
            above = line;
        }
    }
    violations
}

/// Whether the feature's name, or one of its tables, is a word in the name of the file or of one of its folders.
fn owns(name: &str, tables: &[&str], path: &str) -> bool {
    let mut words = path.split(['/', '.', '_', '-']);
    words.any(|word| word == name || tables.contains(&word))
}

/// Whether the line declares the feature's module (`mod post`), or names one of its paths (`/post`, `post/`) or, in
/// SQL, one of its tables (`FROM review`, `"review"."id"`).
fn names(name: &str, tables: &[&str], line: &str) -> bool {
    let is_path = |(before, after): (&str, &str)| {
        before.ends_with("mod ") || before.ends_with('/') || after.starts_with('/')
    };
    let is_table = |(before, after): (&str, &str)| {
        let before = before.strip_suffix('"').unwrap_or(before);
        let keyword = before.split_whitespace().next_back().unwrap_or_default();
        after.starts_with("\".\"")
            || before.ends_with(' ') && BEFORE_TABLE.split(' ').any(|word| word == keyword)
    };
    let mut tables = tables.iter().flat_map(|table| whole_words(line, table));
    whole_words(line, name).any(is_path) || tables.any(is_table)
}

/// What comes before and after each occurrence of the word that is not part of a longer one.
fn whole_words<'a>(text: &'a str, word: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let is_part = |c: char| is_name_part(c) || c == '-' || c == '$';
    let around = text.match_indices(word);
    let around = around.map(|(start, word)| (&text[..start], &text[start + word.len()..]));
    around.filter(move |(before, after)| !before.ends_with(is_part) && !after.starts_with(is_part))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    let mut starts = ["//", "#", "{#", "<!--", "/*", "--"].iter();
    starts.any(|start| line.starts_with(start))
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
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
