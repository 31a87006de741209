//! The app's settings as this machine has them: the environment, then `.env`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace;

/// The file that the app reads.
pub(crate) fn file() -> PathBuf {
    workspace::root().join(".env")
}

/// A setting's value, unless it is unset or empty.
///
/// # Errors
/// When `.env` cannot be understood.
pub(crate) fn get(name: &str) -> Result<Option<String>> {
    let value = match from_environment(name) {
        Some(value) => Some(value),
        None => read(&file())?.remove(name),
    };
    Ok(value.filter(|value| !value.is_empty()))
}

/// All that a `.env` file sets; there need not be one. As with the app, the first of two values counts.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    if !path.exists() {
        return Ok(settings);
    }
    let advice = || format!("cannot understand {}", path.display());
    for entry in dotenvy::from_path_iter(path).with_context(advice)? {
        // The error would show the line, and with it a secret.
        let (name, value) = entry.map_err(|_| anyhow::anyhow!(advice()))?;
        settings.entry(name).or_insert(value);
    }
    Ok(settings)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the app's settings are looked at before it starts"
)]
fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::read;

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
    fn a_line_that_cannot_be_understood_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "A='s3cret\n").unwrap();
        let error = format!("{:?}", read(&file).unwrap_err());
        assert!(error.contains("cannot understand"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
