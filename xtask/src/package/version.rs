//! Which state of the repository a package was made from.

use std::path::Path;

use duct::cmd;

/// As `0.1.0, commit 1a2b3c4d5e6f`; a working tree with changes is said to be one.
pub(super) fn describe(repository: &Path) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let describe = [
        "describe",
        "--always",
        "--exclude=*",
        "--abbrev=12",
        "--dirty=, changed",
    ];
    let commit = cmd("git", describe).dir(repository).stderr_null().read();
    match commit {
        Ok(commit) => format!("{version}, commit {commit}"),
        Err(_) => format!("{version}, not from a commit"),
    }
}

#[cfg(test)]
mod tests {
    use duct::cmd;

    use super::describe;
    use crate::scratch::Scratch;

    #[test]
    fn a_package_names_its_commit_and_whether_there_were_changes() {
        let folder = Scratch::new("version");
        let git = |arguments: &str| {
            let person = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
            let git = cmd("git", person.into_iter().chain(arguments.split(' ')));
            git.dir(folder.path()).stdout_null().run().unwrap();
        };
        git("init --quiet");
        assert!(describe(folder.path()).ends_with(", not from a commit"));
        std::fs::write(folder.path().join("file"), "one").unwrap();
        git("add file");
        git("commit --quiet --message first");
        let clean = describe(folder.path());
        assert!(
            clean.contains(", commit ") && !clean.contains("changed"),
            "{clean}"
        );
        std::fs::write(folder.path().join("file"), "two").unwrap();
        assert_eq!(describe(folder.path()), format!("{clean}, changed"));
    }
}
