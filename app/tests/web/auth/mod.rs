//! Sign-in against an Entra ID emulator that can misbehave on purpose.
//!
//! Numbers in the comments are those of the catalogue of attacks and faults in `docs/security.md`.

mod browser;
mod callback;
mod callback_parameters;
mod discovery;
mod headers;
mod id_token_claims;
mod id_token_format;
mod id_token_keys;
mod id_token_signature;
mod instances;
mod managed_identity;
mod not_configured;
mod profile;
mod return_address;
mod roles;
mod session_cookies;
mod session_limits;
mod session_store;
mod settings;
mod sign_out;
mod authorization_request;
mod tenants;
mod token_endpoint;
