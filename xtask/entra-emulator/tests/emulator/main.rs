//! The emulator seen from outside: honest where nothing is switched, and lying exactly as told.

mod client_credentials;
mod faults;
mod flow;
mod forgeries;
mod keys;
mod people;
mod refusals;
mod support;
