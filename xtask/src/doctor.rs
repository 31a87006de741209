//! `cargo xtask doctor`: what is installed, what is missing, and how to install it.

use crate::install::advice;
use crate::package::COMPILERS;
use crate::programs::{locate, version};

/// Name, purpose, whether `dev` or `test` needs it, and the programs of which one is enough.
#[rustfmt::skip]
const REQUIREMENTS: [(&str, &str, bool, &[&str]); 12] = [
    ("Rust", "every build", true, &["rustc"]),
    ("C compiler", "SQLite", true, &["cc"]),
    ("git", "`tidy`", true, &["git"]),
    ("PostgreSQL server", "the tests, `dev --postgres`", true, &["postgresql"]),
    ("Chromium", "the browser tests", true, &["chromium"]),
    ("C compiler for musl", "the zip for App Service", false, COMPILERS),
    ("az", "deployment to Azure", false, &["az"]),
    ("azd", "deployment to Azure", false, &["azd"]),
    ("bicep", "deployment to Azure", false, &["bicep"]),
    ("cargo-deny", "more checks in `ci`", false, &["cargo-deny"]),
    ("node", "more tests", false, &["node"]),
    ("java", "the HTML validator", false, &["java"]),
];

/// Succeeds if everything is installed that `dev` and `test` need.
pub(crate) fn run() -> bool {
    let mut missing = 0;
    for (name, purpose, is_required, programs) in REQUIREMENTS {
        if let Some(path) = programs.iter().find_map(|program| locate(program)) {
            let found = version(&path).unwrap_or_else(|| path.display().to_string());
            println!("found    {name}: {found}");
            continue;
        }
        missing += u32::from(is_required);
        let state = if is_required { "MISSING " } else { "optional" };
        println!("{state} {name} ({purpose}): {}", advice(programs));
    }
    if missing > 0 {
        println!(
            "{missing} missing; `cargo xtask test` installs PostgreSQL, Chromium, PgBouncer and HAProxy if it can."
        );
        return false;
    }
    println!("Ready for `cargo xtask dev` and `cargo xtask test`.");
    true
}
