//! `cargo xtask doctor`: what is installed, what is missing, what to do.

use std::process::ExitCode;

use crate::install::{self, Tool};
use crate::package;
use crate::programs::{self, PostgresPrograms};

const RUST_ADVICE: &str = concat!(
    "install Rust ",
    env!("CARGO_PKG_RUST_VERSION"),
    " or newer: https://rustup.rs"
);

/// One thing that the tasks use.
struct Finding {
    name: &'static str,
    purpose: &'static str,
    /// Its version or place.
    found: Option<String>,
    advice: &'static str,
    needed: bool,
}

/// Succeeds where everything is there that `dev` and `test` need.
pub(crate) fn run() -> ExitCode {
    let findings: Vec<Finding> = needed().into_iter().chain(optional()).collect();
    for finding in &findings {
        println!("{}", describe(finding));
    }
    let missing = findings
        .iter()
        .filter(|finding| finding.needed && finding.found.is_none())
        .count();
    if missing == 0 {
        println!("Ready for `cargo xtask dev` and `cargo xtask test`.");
        return ExitCode::SUCCESS;
    }
    println!(
        "{missing} needed and missing; `cargo xtask test` installs PostgreSQL and Chromium where it can."
    );
    ExitCode::FAILURE
}

fn describe(finding: &Finding) -> String {
    let Finding {
        name,
        purpose,
        found,
        advice,
        needed,
    } = finding;
    match (found, needed) {
        (Some(found), _) => format!("found    {name}: {found}"),
        (None, true) => format!("MISSING  {name} ({purpose}): {advice}"),
        (None, false) => format!("optional {name} ({purpose}): {advice}"),
    }
}

fn needed() -> [Finding; 5] {
    [
        Finding {
            name: "Rust",
            purpose: "builds everything",
            found: recent_rust(),
            advice: RUST_ADVICE,
            needed: true,
        },
        Finding {
            name: "C compiler",
            purpose: "builds SQLite",
            found: ["cc", "clang", "gcc", "cl"].into_iter().find_map(program),
            advice: "install one (Debian: `apt-get install gcc libc6-dev`, macOS: `xcode-select --install`, Windows: Visual Studio Build Tools)",
            needed: true,
        },
        Finding {
            name: "git",
            purpose: "tidy lists the files with it",
            found: program("git"),
            advice: "install git (Debian: `apt-get install git`)",
            needed: true,
        },
        Finding {
            name: "PostgreSQL server",
            purpose: "the tests, `dev --postgres`",
            found: PostgresPrograms::find()
                .map(|found| format!("version {} in {}", found.major, found.folder.display())),
            advice: install::advice(Tool::PostgresServer),
            needed: true,
        },
        Finding {
            name: "Chromium",
            purpose: "the browser tests",
            found: programs::find_chromium().and_then(|path| programs::version(&path)),
            advice: install::advice(Tool::Chromium),
            needed: true,
        },
    ]
}

fn optional() -> [Finding; 6] {
    [
        Finding {
            name: "C compiler for musl",
            purpose: "builds the zip for App Service",
            found: ["musl-gcc", "cargo-zigbuild"].into_iter().find_map(program),
            advice: package::COMPILER_ADVICE,
            needed: false,
        },
        for_azure("az", "https://aka.ms/azure-cli"),
        for_azure("azd", "https://aka.ms/azd"),
        for_azure("bicep", "`az bicep install`"),
        for_checks("cargo-deny", "`cargo install --locked cargo-deny`"),
        for_checks("node", "https://nodejs.org"),
    ]
}

fn for_azure(name: &'static str, advice: &'static str) -> Finding {
    Finding {
        name,
        purpose: "deploys to Azure",
        found: program(name),
        advice,
        needed: false,
    }
}

fn for_checks(name: &'static str, advice: &'static str) -> Finding {
    Finding {
        name,
        purpose: "more checks in `cargo xtask ci`",
        found: program(name),
        advice,
        needed: false,
    }
}

fn program(name: &str) -> Option<String> {
    let path = programs::find(name)?;
    Some(programs::version(&path).unwrap_or_else(|| path.display().to_string()))
}

/// The compiler's version, unless it is older than the workspace's `rust-version`.
fn recent_rust() -> Option<String> {
    let version = program("rustc")?;
    let number = version.split_whitespace().nth(1)?;
    (release(number) >= release(env!("CARGO_PKG_RUST_VERSION"))).then_some(version)
}

/// Major and minor number, to compare.
fn release(version: &str) -> Vec<u32> {
    version
        .split('.')
        .take(2)
        .map_while(|number| number.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Finding, describe, release};

    #[test]
    fn releases_compare_by_number_not_by_letter() {
        assert!(release("1.100.0") > release("1.95"));
        assert!(release("1.94.9-nightly") < release("1.95"));
        assert!(release("1.95.0") >= release("1.95"));
    }

    #[test]
    fn a_missing_need_says_what_to_do() {
        let finding = Finding {
            name: "git",
            purpose: "lists",
            found: None,
            advice: "install git",
            needed: true,
        };
        assert_eq!(describe(&finding), "MISSING  git (lists): install git");
    }
}
