//! Finds the programs that the tasks need.

use std::path::{Path, PathBuf};

use duct::cmd;

const BROWSER_NAMES: [&str; 4] = [
    "chromium",
    "google-chrome-stable",
    "google-chrome",
    "chromium-browser",
];
const BROWSER_PATHS: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
];

/// Folders of the versions that packages install side by side, and how each version's folder begins.
const POSTGRES_VERSIONS: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    (r"C:\Program Files\PostgreSQL", ""),
];

/// A PostgreSQL server's programs, all in one folder.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPrograms {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

impl PostgresPrograms {
    /// The newest version that is installed.
    pub(crate) fn find() -> Option<Self> {
        let versions = POSTGRES_VERSIONS
            .iter()
            .flat_map(|(parent, prefix)| version_folders(Path::new(parent), prefix));
        search_path()
            .into_iter()
            .chain(versions)
            .filter_map(Self::in_folder)
            .max_by_key(|programs| programs.major)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(executable(name))
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        if !folder.join(executable("initdb")).is_file()
            || !folder.join(executable("pg_ctl")).is_file()
        {
            return None;
        }
        let major = postgres_major(&version(&folder.join(executable("postgres")))?)?;
        Some(Self { folder, major })
    }
}

/// Chromium, or a browser built on it, that starts.
pub(crate) fn find_chromium() -> Option<PathBuf> {
    let named = BROWSER_NAMES.iter().filter_map(|name| find(name));
    let placed = BROWSER_PATHS
        .iter()
        .map(PathBuf::from)
        .filter(|path| path.is_file());
    named.chain(placed).find(|path| version(path).is_some())
}

/// A program of this name in one of the folders of `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let names = if cfg!(windows) {
        // The Azure CLI is a script there.
        vec![executable(name), format!("{name}.cmd")]
    } else {
        vec![name.to_owned()]
    };
    let in_folder = |folder: PathBuf| names.iter().map(move |name| folder.join(name));
    search_path()
        .into_iter()
        .flat_map(in_folder)
        .find(|path| path.is_file())
}

/// The first line that the program prints for `--version`; `None` where it does not start.
pub(crate) fn version(program: &Path) -> Option<String> {
    let output = cmd!(program, "--version")
        .stdin_null()
        .stderr_null()
        .read()
        .ok()?;
    output.lines().next().map(|line| line.trim().to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "PATH is the system's, not a setting of the app"
)]
fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

fn version_folders(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let versions = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    versions.map(|entry| entry.path().join("bin")).collect()
}

fn postgres_major(version: &str) -> Option<u32> {
    let number = version
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::postgres_major;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(
            postgres_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(postgres_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(postgres_major("postgres"), None);
    }
}
