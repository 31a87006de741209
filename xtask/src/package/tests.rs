//! Tests of the package: its files, its version, and its start script with a program that prints how it was started.

use duct::cmd;

use super::{cargo_subcommand, flags, version};

#[test]
fn musl_gcc_is_preferred_on_the_architecture_of_app_service() {
    assert_eq!(cargo_subcommand(true, |_| true), Some("build"));
    assert_eq!(cargo_subcommand(false, |_| true), Some("zigbuild"));
}

#[test]
fn zig_is_used_where_there_is_no_musl_gcc() {
    let has_zig = |name: &str| name == "cargo-zigbuild";
    assert_eq!(cargo_subcommand(true, has_zig), Some("zigbuild"));
    assert_eq!(cargo_subcommand(true, |_| false), None);
}

#[test]
fn a_folder_with_a_space_is_one_flag() {
    let remapped = [("/my code".into(), "/source"), ("/c".into(), "/cargo")];
    assert_eq!(
        flags(&remapped),
        "--remap-path-prefix=/my code=/source\u{1f}--remap-path-prefix=/c=/cargo"
    );
}

#[test]
fn the_version_names_the_commit_and_whether_files_were_changed() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &str| {
        let author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        let git = cmd("git", author.into_iter().chain(arguments.split(' ')));
        git.dir(folder.path()).stdout_null().run().unwrap();
    };
    git("init --quiet");
    assert!(version(folder.path()).ends_with(", not from a commit"));
    std::fs::write(folder.path().join("file"), "one").unwrap();
    git("add file");
    git("commit --quiet --message first");
    let clean = version(folder.path());
    assert!(
        clean.contains(", commit ") && !clean.contains("changed"),
        "{clean}"
    );
    std::fs::write(folder.path().join("file"), "two").unwrap();
    assert_eq!(version(folder.path()), format!("{clean}, changed"));
}

#[cfg(unix)]
mod files {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use duct::cmd;
    use tempfile::{TempDir, tempdir};

    use super::super::fill;

    fn package(parent: &TempDir) -> PathBuf {
        let program = parent.path().join("program");
        fs::write(
            &program,
            "#!/bin/sh\necho \"pid=$$ program=$0 arguments=$*\"\n",
        )
        .unwrap();
        let folder = parent.path().join("dist");
        fill(&folder, &program, "1.2.3").unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    #[test]
    fn a_package_holds_the_program_its_start_script_and_its_version() {
        let parent = tempdir().unwrap();
        let folder = package(&parent);
        let expected = [".webappignore", "app", "startup.sh", "version.txt"];
        assert_eq!(names(&folder), expected);
        let version = fs::read_to_string(folder.join("version.txt")).unwrap();
        assert_eq!(version, "1.2.3\n");
    }

    #[test]
    fn files_of_an_earlier_package_are_deleted() {
        let parent = tempdir().unwrap();
        let folder = package(&parent);
        fs::write(folder.join("left-over"), "").unwrap();
        package(&parent);
        assert!(!folder.join("left-over").exists());
    }

    #[test]
    fn the_start_script_is_replaced_by_the_program() {
        let parent = tempdir().unwrap();
        package(&parent);
        let script = "echo pid=$$; exec sh dist/startup.sh migrate --help";
        let shell = cmd!("sh", "-c", script).dir(parent.path());
        let output = shell.env("TMPDIR", parent.path()).read().unwrap();
        let shell = output.lines().next().unwrap();
        let program = output.lines().next_back().unwrap();
        assert!(program.starts_with(&format!("{shell} ")), "{output}");
        assert!(program.ends_with(" arguments=migrate --help"), "{output}");
    }

    #[test]
    fn the_program_starts_without_execute_bits() {
        let parent = tempdir().unwrap();
        let folder = package(&parent);
        fs::set_permissions(folder.join("app"), Permissions::from_mode(0o644)).unwrap();
        let script = cmd!("sh", folder.join("startup.sh")).env("TMPDIR", parent.path());
        let output = script.read().unwrap();
        assert!(output.contains("program="), "{output}");
    }
}
