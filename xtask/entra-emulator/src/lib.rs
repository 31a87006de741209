//! Entra ID emulator that can misbehave on purpose.
#![doc = include_str!("../README.md")]

mod emulator;
mod endpoints;
mod error;
mod fault;
mod forgery;
mod http;
mod keys;
mod pages;
mod people;
mod provider;
mod server;
mod signature;
mod token;

pub use emulator::{Emulator, HOME_TENANT_ID, Options};
pub use fault::{Endpoint, Fault};
pub use forgery::Forgery;
pub use http::{ReceivedRequest, Reply};
pub use keys::{EllipticKey, SigningKey};
pub use people::{OTHER_TENANT_ID, PERSONAL_TENANT_ID, Person};
pub use signature::Signature;
