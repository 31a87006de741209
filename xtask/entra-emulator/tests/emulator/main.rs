//! Tests of the emulator over HTTP: correct by default, misbehaving exactly as configured.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod client_credentials;
mod client_library;
mod connections;
mod faults;
mod flow;
mod forgeries;
mod keys;
mod people;
mod refusals;
mod signatures;
mod support;
mod surroundings;
mod token;
