//! Finds the programs that the tasks need.

use std::fs;
use std::path::{Path, PathBuf};

use duct::cmd;

use crate::workspace::regex;

/// Chromium and browsers built on it: names on `PATH`, and paths.
const BROWSERS: [&str; 8] = [
    "chromium",
    "google-chrome-stable",
    "google-chrome",
    "chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
];

/// Folders with one subfolder for each installed version, and the prefix of the subfolders.
const POSTGRES_VERSIONS: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    (r"C:\Program Files\PostgreSQL", ""),
];

/// The folder with a PostgreSQL server's programs.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPrograms {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

impl PostgresPrograms {
    /// The newest version that is installed.
    pub(crate) fn find() -> Option<Self> {
        let on_path = which::which_all("initdb").into_iter().flatten();
        let on_path = on_path.filter_map(|program| Some(program.parent()?.to_path_buf()));
        let versions = POSTGRES_VERSIONS.iter().flat_map(|(parent, prefix)| {
            let entries = fs::read_dir(parent).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let versions = names.filter(move |name| name.starts_with(prefix));
            versions.map(move |name| Path::new(parent).join(name).join("bin"))
        });
        let programs = on_path.chain(versions).filter_map(Self::in_folder);
        programs.max_by_key(|programs| programs.major)
    }

    /// The path of one of the programs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.folder.join(name)
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        let programs = Self { folder, major: 0 };
        let has = |name| programs.path(name).is_file();
        if !has("initdb") || !has("pg_ctl") {
            return None;
        }
        let major = postgres_major(&version(&programs.path("postgres"))?)?;
        Some(Self { major, ..programs })
    }
}

/// A program as the list of packages names it, wherever its package installs it. Of the browsers, the first that starts.
pub(crate) fn locate(name: &str) -> Option<PathBuf> {
    let mut browsers = BROWSERS.iter().filter_map(|name| find(name));
    match name {
        "chromium" => browsers.find(|path| version(path).is_some()),
        "postgresql" => PostgresPrograms::find().map(|programs| programs.path("postgres")),
        // Debian installs servers where only root's `PATH` leads.
        _ => find(name).or_else(|| find(&format!("/usr/sbin/{name}"))),
    }
}

/// The program of this name on `PATH`, or at this path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

pub(crate) fn is_installed(name: &str) -> bool {
    find(name).is_some()
}

/// The first line that the program prints for `--version`; `None` where it does not start.
pub(crate) fn version(program: &Path) -> Option<String> {
    let version = cmd!(program, "--version").stdin_null().stderr_null();
    let output = version.read().ok()?;
    output.lines().next().map(|line| line.trim().to_owned())
}

/// The major version in the output of `postgres --version`.
fn postgres_major(version: &str) -> Option<u32> {
    regex(r" \d+").find(version)?.as_str().trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::postgres_major;

    #[test]
    fn the_major_version_of_postgres_is_read_from_its_version_line() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(postgres_major(debian), Some(15));
        assert_eq!(postgres_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(postgres_major("postgres"), None);
    }
}
