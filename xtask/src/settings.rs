//! The app's settings on this machine: the process environment and the `.env` file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};

use crate::platform::write_private;
use crate::workspace::{self, regex};

/// Punctuation that needs no quotes in `.env`.
const UNQUOTED: &str = "-._~:/@+=";

/// The `.env` file that the app reads.
pub(crate) fn file() -> PathBuf {
    workspace::root().join(".env")
}

/// A setting's value, unless it is unset or empty.
///
/// # Errors
/// When `.env` cannot be parsed.
pub(crate) fn get(name: &str) -> Result<Option<String>> {
    let value = match environment_variable(name) {
        Some(value) => Some(value),
        None => read(&file())?.remove(name),
    };
    Ok(value.filter(|value| !value.is_empty()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tasks read settings of the app and of azd"
)]
pub(crate) fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// All settings of a `.env` file; none if it does not exist. As in the app, the first of two values counts.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    if !path.exists() {
        return Ok(settings);
    }
    let message = || format!("cannot parse {}", path.display());
    for entry in dotenvy::from_path_iter(path).with_context(message)? {
        // The error would show the line, and with it a secret.
        let (name, value) = entry.map_err(|_| anyhow!(message()))?;
        settings.entry(name).or_insert(value);
    }
    Ok(settings)
}

/// Writes settings into a `.env` file: in place of the present or commented-out value, else at the end. An empty value
/// removes the setting.
pub(crate) fn write(path: &Path, settings: &[(&str, String)]) -> Result<()> {
    let text = if path.exists() {
        fs::read_to_string(path)?
    } else {
        String::new()
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (name, value) in settings {
        if value.is_empty() {
            lines.retain(|line| !sets(line, "", name));
            continue;
        }
        let line = format!("{name}={}", quoted(name, value)?);
        let place = |start| lines.iter().position(|line| sets(line, start, name));
        match place("").or_else(|| place("#")) {
            Some(place) => lines[place] = line,
            None => lines.push(line),
        }
    }
    lines.push(String::new());
    write_private(path, &lines.join("\n"))
}

/// Whether the line, or what follows this start of it, is `NAME=…` or `export NAME=…`.
fn sets(line: &str, start: &str, name: &str) -> bool {
    regex(&format!(r"^{start}\s*(?:export\s+)?{name}\s*=")).is_match(line)
}

fn quoted(name: &str, value: &str) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || UNQUOTED.contains(c);
    if value.chars().all(is_plain) {
        return Ok(value.to_owned());
    }
    ensure!(
        !value.contains(['\'', '\n']),
        "{name} contains a quote or a line break and cannot be written to .env"
    );
    Ok(format!("'{value}'"))
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn settings_are_written_in_place_and_everything_else_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        let text = "# about A\n#A=0\nA=1\n#B=\nAB=2\n export C = 3\nD=A=4\n";
        std::fs::write(&file, text).unwrap();
        let settings = ["A", "B", "C", "E"].map(|name| (name, "a $b".to_owned()));
        write(&file, &settings).unwrap();
        let written = "# about A\n#A=0\nA='a $b'\nB='a $b'\nAB=2\nC='a $b'\nD=A=4\nE='a $b'\n";
        assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
        write(
            &file,
            &["A", "B", "C", "E"].map(|name| (name, String::new())),
        )
        .unwrap();
        let removed = "# about A\n#A=0\nAB=2\nD=A=4\n";
        assert_eq!(std::fs::read_to_string(&file).unwrap(), removed);
        assert!(write(&file, &[("A", "it's".to_owned())]).is_err());
    }

    #[test]
    fn a_file_is_read_as_the_app_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        assert!(read(&file).unwrap().is_empty());
        std::fs::write(&file, "# A=0\nA='a $b'\nA=2\nexport B=\n").unwrap();
        let settings = read(&file).unwrap();
        assert_eq!(settings["A"], "a $b");
        assert_eq!(settings["B"], "");
    }

    #[test]
    fn an_invalid_line_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "A='s3cret\n").unwrap();
        let error = format!("{:?}", read(&file).unwrap_err());
        assert!(error.contains("cannot parse"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
