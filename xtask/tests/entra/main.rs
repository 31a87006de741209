//! `cargo xtask entra`, with stand-ins for `az` and `azd` that keep a small tenant.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod failures;
mod home;
mod interruptions;
mod secrets;
mod site;
mod support;
