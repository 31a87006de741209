//! Finds the programs that the tasks need.

use std::fs;
use std::path::{Path, PathBuf};

use duct::cmd;
use which::which;

use crate::workspace::regex;

/// The installers of programs and their packages, and where the packages put them.
const PACKAGES: [&str; 2] = [
    include_str!("packages.txt"),
    include_str!("../../.ci/checkers.txt"),
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
        let versions = places("postgresql").flat_map(|place| {
            let (parent, prefix) = place.rsplit_once('/').unwrap_or_default();
            let folders = fs::read_dir(parent).into_iter().flatten().flatten();
            let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
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
        let (major, _) = release(&version(&programs.path("postgres"))?)?;
        Some(Self { major, ..programs })
    }
}

/// A program as the list of packages names it, wherever its package puts it. Of the browsers, the first that starts.
pub(crate) fn locate(name: &str) -> Option<PathBuf> {
    if name == "postgresql" {
        return PostgresPrograms::find().map(|programs| programs.path("postgres"));
    }
    let places = places(name).filter_map(|place| which(place).ok());
    let mut found = which(name).into_iter().chain(places);
    found.find(|path| name != "chromium" || version(path).is_some())
}

fn places(name: &str) -> impl Iterator<Item = &'static str> {
    packages(name).filter_map(|(installer, place)| (installer == "at").then_some(place))
}

/// The installers of a program, each with its package.
pub(crate) fn packages(program: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = PACKAGES.iter().flat_map(|list| list.lines());
    lines.filter_map(move |line| {
        let (installer, line) = line.split_once(' ')?;
        let (name, package) = line.trim_start().split_once(' ')?;
        (name == program).then_some((installer, package.trim_start()))
    })
}

pub(crate) fn is_installed(name: &str) -> bool {
    which(name).is_ok()
}

/// The first line that the program prints for `--version`; `None` where it does not start.
pub(crate) fn version(program: &Path) -> Option<String> {
    let version = cmd!(program, "--version").stdin_null().stderr_null();
    let output = version.read().ok()?;
    output.lines().next().map(|line| line.trim().to_owned())
}

/// The major and the minor version in a line that a program prints.
pub(crate) fn release(line: &str) -> Option<(u32, u32)> {
    let found = regex(r"\b(\d+)(?:\.(\d+))?").captures(line)?;
    let minor = found.get(2).map_or("0", |minor| minor.as_str());
    Some((found[1].parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn the_release_is_read_from_a_version_line() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(release(debian), Some((15, 18)));
        assert_eq!(release("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(release("PgBouncer 1.18.0"), Some((1, 18)));
        assert_eq!(release("azd version 1.30.0 (commit 1a2b)"), Some((1, 30)));
        assert_eq!(release("PgBouncer"), None);
    }
}
