//! `cargo xtask ci`: every check that a change must pass.

use anyhow::Result;

use crate::checks::{self, Check, Outcome, Step};
use crate::{infra, minimal_feature, test, tidy, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Skip the tests, if `cargo xtask test` has just run them.
    #[arg(long)]
    without_tests: bool,
}

#[rustfmt::skip]
const CHECKS: [Check; 7] = [
    Check { name: "Format", step: Step::Command("cargo fmt --all --check") },
    Check { name: "Clippy", step: Step::Command("cargo clippy --locked --workspace --all-targets -- -D warnings") },
    Check { name: "Documentation", step: Step::Command("cargo --config build.rustdocflags=['-Dwarnings'] doc --locked --workspace --no-deps --document-private-items") },
    Check { name: "Rules of the repository", step: Step::Function(|| Ok(tidy::check(&workspace::root())?.into())) },
    Check { name: "General tests with the minimal feature", step: Step::Function(|| Ok(minimal_feature::check()?.into())) },
    Check { name: "Licences and sources of dependencies", step: Step::Command("cargo-deny --locked check bans licenses sources") },
    Check { name: "Security advisories for dependencies", step: Step::Online("cargo-deny fetch db", "cargo-deny --frozen check advisories") },
];
const TESTS: Check = Check {
    name: "Tests",
    step: Step::Function(|| Ok(Outcome::Counted(test::run_tests(test::ALL_PACKAGES, &[])?))),
};

/// Runs every check, even after a failed one. Each counts as one in the last line, and so does each test.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let tests = Some(&TESTS).filter(|_| !arguments.without_tests);
    let checks = CHECKS.iter().chain(&infra::CHECKS).chain(tests);
    Ok(checks::run(checks)?.report())
}
