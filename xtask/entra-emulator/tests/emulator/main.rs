//! The emulator seen from outside: honest where nothing is switched, and lying exactly as told.

mod client_credentials;
mod flow;
mod refusals;
mod support;
