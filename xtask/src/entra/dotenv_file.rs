//! Changes single settings of a `.env` file and leaves the rest as it is.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::platform::write_private;

/// Characters that need no quotes.
const PLAIN: &str = "-._~:/@+=";

/// Writes the settings, each where it stands already or stands commented out, else at the end.
pub(super) fn set(path: &Path, settings: &[(&str, String)]) -> Result<()> {
    let mut text = read(path)?;
    for (name, value) in settings {
        let line = format!("{name}={}", quoted(name, value)?);
        text = with_line(&text, name, &line);
    }
    write_private(path, &text)
}

/// Takes the settings out; those that are not there stay so.
pub(super) fn remove(path: &Path, names: &[&str]) -> Result<()> {
    let text = read(path)?;
    let is_kept = |line: &&str| !names.iter().any(|name| sets(line, name));
    write_private(path, &joined(text.lines().filter(is_kept)))
}

fn read(path: &Path) -> Result<String> {
    if path.exists() {
        return Ok(fs::read_to_string(path)?);
    }
    Ok(String::new())
}

fn with_line(text: &str, name: &str, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let commented = |line: &str| line.strip_prefix('#').is_some_and(|line| sets(line, name));
    let place = lines.iter().position(|line| sets(line, name));
    let place = place.or_else(|| lines.iter().position(|line| commented(line)));
    match place {
        Some(place) => lines[place] = line,
        None => lines.push(line),
    }
    joined(lines.into_iter())
}

fn sets(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let after = line.strip_prefix(name).map(str::trim_start);
    after.is_some_and(|after| after.starts_with('='))
}

fn quoted(name: &str, value: &str) -> Result<String> {
    if value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || PLAIN.contains(c))
    {
        return Ok(value.to_owned());
    }
    ensure!(
        !value.contains(['\'', '\n']),
        "{name} cannot be written to .env"
    );
    Ok(format!("'{value}'"))
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::{joined, quoted, sets, with_line};

    #[test]
    fn a_setting_is_written_where_it_stands() {
        let text = "# about A\nA=1\nB=2";
        assert_eq!(with_line(text, "A", "A=3"), "# about A\nA=3\nB=2\n");
    }

    #[test]
    fn a_setting_that_is_commented_out_is_written_there() {
        assert_eq!(with_line("#A=\nAB=1\n", "A", "A=3"), "A=3\nAB=1\n");
        assert_eq!(with_line("#A=0\nA=1\n", "A", "A=3"), "#A=0\nA=3\n");
    }

    #[test]
    fn a_new_setting_is_written_at_the_end() {
        assert_eq!(with_line("", "A", "A=3"), "A=3\n");
        assert_eq!(with_line("AB=1", "A", "A=3"), "AB=1\nA=3\n");
    }

    #[test]
    fn a_line_sets_one_name() {
        assert!(sets("A=1", "A") && sets(" export A = 1", "A"));
        assert!(!sets("AB=1", "A") && !sets("#A=1", "A") && !sets("B=A=1", "A"));
        assert_eq!(joined(["a", "b"].into_iter()), "a\nb\n");
    }

    #[test]
    fn a_value_is_quoted_where_it_must_be() {
        assert_eq!(quoted("A", "x~.-_y").unwrap(), "x~.-_y");
        assert_eq!(quoted("A", "a $b").unwrap(), "'a $b'");
        assert!(quoted("A", "it's").is_err());
    }
}
