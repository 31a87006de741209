//! `cargo xtask doctor`: what is installed, what is missing, and how to install it.

use crate::install;
use crate::programs::{self, PostgresPrograms};
use crate::{checks, package};

/// A program, what needs it, whether it is required, its version or place if it is installed, how to install it.
type Finding = (&'static str, &'static str, bool, Option<String>, String);

/// Succeeds if everything is installed that `dev` and `test` need.
pub(crate) fn run() -> bool {
    let mut missing = 0;
    for (name, purpose, required, found, advice) in findings() {
        match (found, required) {
            (Some(found), _) => println!("found    {name}: {found}"),
            (None, true) => {
                println!("MISSING  {name} ({purpose}): {advice}");
                missing += 1;
            }
            (None, false) => println!("optional {name} ({purpose}): {advice}"),
        }
    }
    if missing > 0 {
        println!(
            "{missing} missing; `cargo xtask test` installs PostgreSQL and Chromium if it can."
        );
        return false;
    }
    println!("Ready for `cargo xtask dev` and `cargo xtask test`.");
    true
}

#[rustfmt::skip]
fn findings() -> [Finding; 12] {
    let any = |names: &[&str]| names.iter().find_map(|name| program(name));
    let compiler = "Debian: `apt-get install gcc libc6-dev`, macOS: `xcode-select --install`, Windows: Visual Studio Build Tools".to_owned();
    let postgres = PostgresPrograms::find().map(|found| format!("version {} in {}", found.major, found.folder.display()));
    let chromium = programs::find_chromium().and_then(|path| programs::version(&path));
    let azure = "deployment to Azure";
    [
        ("Rust", "every build", true, program("rustc"), "https://rustup.rs".to_owned()),
        ("C compiler", "SQLite", true, any(&["cc", "clang", "gcc", "cl"]), compiler),
        ("git", "`tidy`", true, program("git"), "Debian: `apt-get install git`".to_owned()),
        ("PostgreSQL server", "the tests, `dev --postgres`", true, postgres, install::POSTGRES_SERVER.advice()),
        ("Chromium", "the browser tests", true, chromium, install::CHROMIUM.advice()),
        ("C compiler for musl", "the zip for App Service", false, any(&["musl-gcc", "cargo-zigbuild"]), package::COMPILER_ADVICE.to_owned()),
        ("az", azure, false, program("az"), checks::advice("az")),
        ("azd", azure, false, program("azd"), "https://aka.ms/azd".to_owned()),
        ("bicep", azure, false, program("bicep"), checks::advice("bicep")),
        ("cargo-deny", "more checks in `ci`", false, program("cargo-deny"), checks::advice("cargo-deny")),
        ("node", "more tests", false, program("node"), "https://nodejs.org".to_owned()),
        ("java", "the HTML validator", false, program("java"), checks::advice("java")),
    ]
}

fn program(name: &str) -> Option<String> {
    let path = programs::find(name)?;
    Some(programs::version(&path).unwrap_or_else(|| path.display().to_string()))
}
