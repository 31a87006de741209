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
    let pattern = regex(pattern);
    let found = pattern.captures_iter(text);
    found.map(|found| found.extract::<1>().1[0]).collect()
}

/// A module of the app uses only modules that are listed before it, except on lines with the mark.
fn module_order(file: &SourceFile, modules: &[&str]) -> Vec<String> {
    let inside = file.path.strip_prefix("app/src/").unwrap_or_default();
    let own = inside.split(['/', '.']).next().unwrap_or_default();
    let later = modules.iter().skip_while(|module| **module != own);
    let later: Vec<_> = later.skip(1).collect();
    if later.is_empty() {
        return Vec::new();
    }
    let lines: Vec<&str> = file.text.lines().collect();
    let mut used = used_modules(&file.text);
    used.retain(|(line, name)| later.contains(&&name.as_str()) && !lines[line - 1].contains(MARK));
    let violation = |(line, name)| {
        let message = format!("`{own}` uses `{name}`, which {MODULE_LIST} lists after it");
        file.violation(line, &message)
    };
    used.into_iter().map(violation).collect()
}

/// The modules after the crate's name outside comments, each with its line. Groups (`crate::{a, b::c}`) are resolved.
fn used_modules(text: &str) -> Vec<(usize, String)> {
    let code = regex("//.*").replace_all(text, "");
    let paths = regex(r"\bcrate::(\w+|\{[^;]*\})");
    let inner_group = regex(r"::\{[^{}]*\}");
    let name = regex(r"(?:^|[{,])\s*(\w+)");
    let mut used = Vec::new();
    for path in paths.captures_iter(&code) {
        let start = path.get(0).map_or(0, |path| path.start());
        let line = 1 + code[..start].matches('\n').count();
        let mut group = path[1].to_owned();
        while inner_group.is_match(&group) {
            group = inner_group.replace_all(&group, "").into_owned();
        }
        let names = name.captures_iter(&group).map(|name| name[1].to_owned());
        used.extend(names.map(|name| (line, name)));
    }
    used
}

/// A feature's module name, which is also the name of its folders and the first part of its URLs, and its tables.
struct Feature {
    name: String,
    /// Its module (`mod post`, `crate::post`; the minimal feature does not compile with others), one of its paths (`/post`,
    /// `post/`) or, in SQL, one of its tables (`FROM review`, `"review"."id"`).
    reference: Regex,
    /// The feature's name or one of its tables, or its plural, as a word in the name of a file or of one of its folders.
    own_path: Regex,
}

impl Feature {
    fn new(name: &str, tables: &[&str]) -> Self {
        let (start, end) = (r"(?:^|[^\w$-])", r"(?:[^\w$-]|$)");
        let (any, words) = (tables.join("|"), [&[name], tables].concat().join("|"));
        let keyword = "(?:FROM|JOIN|INTO|ON|REFERENCES|TABLE|UPDATE)";
        let path = format!("(?:(?:crate|app)::|mod |/){name}{end}|{start}{name}/");
        let table = format!(r#"{start}{keyword} "?(?:{any}){end}|{start}(?:{any})"\.""#);
        Self {
            name: name.to_owned(),
            reference: regex(&format!("{path}|{table}")),
            own_path: regex(&format!("(?:^|[/._-])(?:{words})s?(?:[/._-]|$)")),
        }
    }
}

/// The modules of the list with the mark. Without one, the rule below is off.
fn features(files: &[SourceFile]) -> Vec<Feature> {
    let lines = text_of(files, MODULE_LIST).lines();
    let marked = lines.filter(|line| line.contains(MARK));
    let feature = |name: &str| {
        let folder = format!("app/src/{name}");
        let own = files.iter().filter(|file| file.path.starts_with(&folder));
        let tables = own.flat_map(|file| names(r#"table_name = "(\w+)""#, &file.text));
        Feature::new(name, &tables.collect::<Vec<_>>())
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
    let used = used_modules(&file.text);
    let is_foreign = |feature: &&Feature| is_checked && !feature.own_path.is_match(&file.path);
    for feature in features.iter().filter(is_foreign) {
        let name = &feature.name;
        let message = format!(
            "refers to the feature `{name}`: move this to its files, or say why in a comment `{MARK} …`"
        );
        let mut above = "";
        for (number, line) in (1..).zip(file.text.lines()) {
            let is_marked = line.contains(MARK) || (is_comment(above) && above.contains(MARK));
            let is_used = used.contains(&(number, name.clone()));
            if (is_used || feature.reference.is_match(line)) && !is_marked && !is_comment(line) {
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
        Path::new(&self.path).extension() == Some(extension.as_ref())
    }

    /// A broken rule and its line, counted from 1.
    fn violation(&self, line: usize, message: &str) -> String {
        format!("{}:{line}: {message}", self.path)
    }
}
