//! A local stand-in for Microsoft Entra ID.

mod authorization;
mod client_credential;
mod delivery;
mod emulator;
mod endpoints;
mod error;
mod fault;
mod forgery;
mod issued;
mod keys;
mod options;
mod pages;
mod people;
mod provider;
mod random;
mod reply;
mod request;
mod server;
mod signature;
mod token;
mod transport;

pub use emulator::Emulator;
pub use fault::{Endpoint, Fault};
pub use forgery::Forgery;
pub use keys::{EllipticKey, SigningKey};
pub use options::{HOME_TENANT_ID, Options};
pub use people::{OTHER_TENANT_ID, PERSONAL_TENANT_ID, Person};
pub use reply::Reply;
pub use request::ReceivedRequest;
pub use signature::Signature;
