//! `cargo xtask entra`, with stand-ins for `az` and `azd` that keep a small tenant.

mod failures;
mod home;
mod secrets;
mod site;
mod support;
