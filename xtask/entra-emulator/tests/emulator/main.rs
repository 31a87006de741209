//! The emulator over HTTP: correct responses by default, and each kind of misbehaviour.
#![expect(clippy::unwrap_used, reason = "a test fails at the first error")]

mod client_credentials;
mod client_library;
mod connections;
mod faults;
mod flow;
mod forgeries;
mod keys;
mod people;
mod errors;
mod signatures;
mod support;
mod endpoints;
mod token;
