//! The folder `dist/`, which azd packs as it is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::platform;
use crate::workspace;

pub(crate) const PROGRAM: &str = "app";
pub(crate) const START_SCRIPT: &str = "startup.sh";

/// Takes the place of azd's own list for Python, which would leave files out.
const IGNORED: &str =
    "# azd leaves out what is listed here. Nothing is: all of this folder is deployed.\n";

/// `dist/` of the repository.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("dist")
}

/// Replaces the folder by the program and what it needs; returns the bytes of all of it.
pub(super) fn fill(folder: &Path, program: &Path, version: &str) -> Result<u64> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let program =
        fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let version = format!("{version}\n");
    let files: [(&str, &[u8]); 4] = [
        (PROGRAM, &program),
        (START_SCRIPT, include_str!("startup.sh").as_bytes()),
        ("version.txt", version.as_bytes()),
        (".webappignore", IGNORED.as_bytes()),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    platform::make_executable(&folder.join(PROGRAM))?;
    platform::make_executable(&folder.join(START_SCRIPT))?;
    Ok(files.iter().map(|(_, content)| content.len() as u64).sum())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use duct::cmd;

    use super::fill;
    use crate::scratch::Scratch;

    /// A package whose program says how it was started.
    fn package(scratch: &Scratch) -> PathBuf {
        let program = scratch.path().join("stand-in");
        fs::write(&program, "#!/bin/sh\necho \"$$ $0 $*\"\n").unwrap();
        let folder = scratch.path().join("dist");
        fill(&folder, &program, "1.2.3").unwrap();
        folder
    }

    fn names(folder: &PathBuf) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_package_holds_the_program_its_start_script_and_its_version() {
        let scratch = Scratch::new("package-files");
        let folder = package(&scratch);
        let expected = [".webappignore", "app", "startup.sh", "version.txt"];
        assert_eq!(names(&folder), expected);
        assert_eq!(
            fs::read_to_string(folder.join("version.txt")).unwrap(),
            "1.2.3\n"
        );
    }

    #[test]
    fn what_an_earlier_package_left_is_gone() {
        let scratch = Scratch::new("package-again");
        let folder = package(&scratch);
        fs::write(folder.join("left-over"), "").unwrap();
        package(&scratch);
        assert!(!folder.join("left-over").exists());
    }

    #[test]
    fn the_start_script_becomes_the_program() {
        let scratch = Scratch::new("package-start");
        let folder = package(&scratch);
        let shell = cmd!(
            "sh",
            "-c",
            "echo $$; exec sh dist/startup.sh migrate --help"
        );
        let output = shell.dir(folder.parent().unwrap()).read().unwrap();
        let (shell, program) = output.split_once('\n').unwrap();
        assert_eq!(program, format!("{shell} ./app migrate --help"));
    }

    #[test]
    fn the_program_starts_although_the_zip_carries_no_permissions() {
        let scratch = Scratch::new("package-modes");
        let folder = package(&scratch);
        fs::set_permissions(folder.join("app"), Permissions::from_mode(0o644)).unwrap();
        let output = cmd!("sh", folder.join("startup.sh")).read().unwrap();
        assert!(output.trim_end().ends_with(" ./app"), "{output}");
    }
}
