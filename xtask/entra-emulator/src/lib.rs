//! The library of the emulator.
#![doc = include_str!("../README.md")]

mod authorization;
mod client_credential;
mod delivery;
mod elliptic_key;
mod emulator;
mod endpoints;
mod error;
mod fault;
mod forgery;
mod issued;
mod key_ring;
mod options;
mod pages;
mod people;
mod person;
mod provider;
mod random;
mod records;
mod reply;
mod request;
mod server;
mod signature;
mod signing_key;
mod switches;
mod token;
mod transport;

pub use elliptic_key::EllipticKey;
pub use emulator::Emulator;
pub use fault::{Endpoint, Fault};
pub use forgery::Forgery;
pub use options::{HOME_TENANT_ID, Options};
pub use people::{OTHER_TENANT_ID, PERSONAL_TENANT_ID};
pub use person::Person;
pub use reply::Reply;
pub use request::ReceivedRequest;
pub use signature::Signature;
pub use signing_key::SigningKey;
