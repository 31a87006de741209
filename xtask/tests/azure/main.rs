//! `cargo xtask entra` and `cargo xtask hook`, with fakes of `az`, `azd` and `curl` that keep a small tenant.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod failures;
mod home;
mod hook;
mod interruptions;
mod secrets;
mod site;
mod support;
